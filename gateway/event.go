package gateway

// Event kinds of this room. An event's header holds ids, codes, hashes, counts
// and states only: it drives the state and outlives every erasure.
const (
	// Internal log.
	kindReceived     = "submission.received"    // the bytes are stored; or the digest of what is refused under a key
	kindIdentified   = "submission.identified"  // a large submission: its control number is known
	kindAccepted     = "document.accepted"      // one message read into a record
	kindRejected     = "document.rejected"      // one message not in good form
	kindAnswered     = "submission.answered"    // every message is decided, the acknowledgement exists; or it is refused
	kindDuplicate    = "submission.duplicate"   // refused: the first one counts
	kindDoorRefused  = "request.refused"        // refused: an identified party asked for what it may not have
	kindAcknowledged = "inbox.acknowledged"     // an agency system has taken an item
	kindRules        = "rules.loaded"           // the standing rules that renderings name
	kindSettings     = "settings.loaded"        // config.yaml or senders.csv: other bytes are in force
	kindRecognition  = "recognition.decided"    // an exam was judged
	kindEnrolled     = "party.enrolled"         // a certificate was issued
	kindEnrolRefused = "party.enrolmentRefused" // a token or request was refused

	kindPeerLog = "peer.log"         // what a peer serves does not extend what it served before
	kindDiffers = "relation.differs" // messages that the two logs of a relation tell differently
	kindQueried = "audit.queried"    // an auditor asked

	// Log of the relation.
	kindSealed      = "record.sealed"      // a unit was decided, sealed and put in the outbox
	kindRefused     = "record.refused"     // the agreement refused a unit
	kindReceipted   = "delivery.receipted" // the peer committed it, or refused it
	kindDead        = "delivery.dead"      // given up: in the dead letters
	kindResumed     = "delivery.resumed"   // back from the dead letters
	kindStopped     = "delivery.stopped"   // the agreement no longer lets it leave
	kindTaken       = "message.received"   // a peer's message was opened and is in the inbox
	kindMessageStop = "message.refused"    // a peer's message was refused
	kindAgreement   = "agreement.changed"  // in force, suspended or ended, by its hash
	kindIncident    = "peer.incident"      // the peer lost a part of its log; or its new shard was agreed to
)

// Header names. One name for one thing, in every kind.
const (
	hSubmission = "submission"
	hDocument   = "document"
	hMessage    = "message" // the message id of a delivery
	hParty      = "party"
	hPeer       = "peer"
	hMediaType  = "mediaType"
	hBytes      = "bytes"
	hDigest     = "digest"
	hKey        = "recipientKey"
	hDuplicate  = "duplicateKey"
	hIdempotent = "idempotencyKey"
	hNumber     = "number" // of the message in its interchange, from 1
	hGuide      = "guide"
	hClass      = "class"
	hCodes      = "codes"
	hReason     = "reason"
	hStatus     = "status"
	hAccepted   = "accepted"
	hRejected   = "rejected"
	hControl    = "control"
	hAck        = "acknowledgement"
	hSequence   = "sequence"
	hAgreement  = "agreement"
	hVersion    = "version"
	hHash       = "hash"
	hPurpose    = "purpose"
	hArticles   = "articles"
	hShared     = "shared"
	hMasked     = "masked"
	hWithheld   = "withheld"
	hVerdict    = "verdict"
	hPeerIndex  = "peerIndex"
	hPeerLog    = "peerLog" // origin of the log that the index is in
	hRules      = "rules"
	hMissing    = "missing"
	hWanted     = "wanted"
	hDecision   = "decision"
	hSerial     = "serial"
	hUnit       = "unit"
	hRecord     = "record"
	hExpires    = "expires"
	hIndex      = "index"
	hSize       = "size"
	hCount      = "count"
	hPath       = "path"
	hQuery      = "query" // its HMAC
	hShard      = "shard" // vkey of a new shard of the peer's log
	hWitnessed  = "witnessed"
	hAuthority  = "authority"
	hFile       = "file"  // of settings
	hBy         = "by"    // how it was taken over
	hFirst      = "first" // the submission that a duplicate repeats
)

// Names of the bodies that ride with events.
const (
	bodyDocument   = "document"
	bodyRecord     = "record"
	bodyReport     = "report"
	bodyFindings   = "findings"
	bodyAck        = "acknowledgement"
	bodyEnvelope   = "envelope"
	bodyDecision   = "decision"
	bodyDisclosure = "disclosures"
	bodyReceipt    = "receipt"
	bodyRules      = "rules"
	bodyAnswer     = "answer"

	bodyDifferences = "differences"
	bodyCheckpoint  = "checkpoint"
)
