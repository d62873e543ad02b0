// Package crypto seals cargo records between agencies, so that each record arrives with everything that it must not be
// separated from, and so that what was sent, withheld and received can be proven years later.
//
// # The record and its claims
//
// A record is a JSON object. It never travels alone: [Claims] put beside it who says so (issuer), for whom (audience,
// and the very key of theirs), under which agreement, version and articles, for which purpose, as which message, in which
// place of the sequence, from when until when, and the digest of the record's bytes. The issuer signs all of it with ES256
// (RFC 7515, RFC 7518 section 3.4):
//
//	{"iss":"us.cbp","aud":"ca.cbsa","jti":"01938f00-…","iat":1795262400,"exp":1795521600,"kind":"record",
//	 "agreement":{"id":"ca-us-highway","version":3,"hash":"sha256:46a8…"},"purpose":"risk-assessment",
//	 "articles":["4.1"],"seq":7,"class":"cargo.report","digest":"sha256:c296…","recipientKey":"sha256:n4bQ…",
//	 "_sd_alg":"sha-256","record":{…}}
//
// # The envelope
//
// The signed claims are then encrypted to the audience (RFC 7516: ECDH-ES+A256KW and A256GCM), a compact JWS in a compact
// JWE: the envelope.
//
//	sealed, err := cbp.SealEnvelope(claims, now)            // store sealed.Envelope; send it, and send it again, unchanged
//	claims, opened, err := cbsa.Open(envelope, crypto.Expect{
//		Audience: "ca.cbsa", Issuer: "us.cbp", Now: received}) // Issuer: whom the TLS certificate named
//
// Signing before encrypting leaves one attack open: the honest reader takes the signed claims out and encrypts them to
// someone else, as if they had been meant for them. Audience and recipientKey inside the signature close it.
//
// [Keyring.Open] believes nothing that it does not check, and it checks the form of a token before the JOSE library sees
// it: size, canonical base64url, and headers by an allow-list. A refusal is a [*Refusal] whose text is the same for every
// reason; refusals.csv lists the reasons and says which may be told to a sender. Times are judged with a fixed
// [Tolerance]. What Open cannot see is a replay: keep [Claims.ReplayKey], unique, and never a hash of a token's bytes.
//
// # Disclosure
//
// What the agreement withholds is not in the record, but it is not denied either. [Conceal] leaves a salted digest in its
// place, as SD-JWT does (RFC 9901), and gives the issuer a [Disclosure] to keep:
//
//	record       {"consignee":{"name":"Acme","phone":"555-0100"}}
//	payload      {"consignee":{"name":"Acme","_sd":["X9yH0Ajr…"]}}
//	disclosure   base64url of ["salt","phone","555-0100"], pointer /consignee/phone
//
// The payload is what is signed. Its reader uses [Strip] to get a plain record. No disclosure travels with it. If one is
// handed over later, [CheckDisclosure] says which value it reveals, where it stood, and that it was that when it was signed. Erase the
// disclosure and the digest says nothing any more. What a digest does show is that there was a value, and in which group.
// Since the claims name _sd_alg, a signed token followed by "~" and disclosures is an SD-JWT that other software reads.
//
// Not used of RFC 9901: decoy digests, concealed values within concealed values, key binding, other hashes than SHA-256.
//
// # Receipt
//
// Who has opened an envelope and committed it signs a [Receipt]: message id, digest of the opened claims, verdict, and
// the index in its own ledger. It cannot be written without having opened the envelope. The sender compares it with what
// [Keyring.SealEnvelope] gave, by [Receipt.Same] and not by bytes, because it may be signed again.
//
// Documents that both sides sign, such as agreements, carry detached signatures over their exact bytes
// ([Keyring.SignDetached], [VerifyDetached]; RFC 7515 appendix F).
//
// # Keys
//
// A [Keyring] holds an agency's private keys and its peers' public ones. A key has one use, one curve, one algorithm and
// one name, its thumbprint (RFC 7638). Keys rotate with overlap: the newest in force signs, old ones verify and open. A key
// that has ended still verifies what it signed before; one that is revoked verifies nothing received after. An agreement
// chooses one [Profile]: P-256, or P-384 for more margin at several times the cost.
//
// # Limits
//
// There is no forward secrecy on the receiver's side: who takes a decryption key opens what was encrypted to it. There is
// no protection yet against a future quantum computer at this layer. Records are capped at [MaxRecord]: the library holds
// a message whole, some fifteen times its size. With GODEBUG=fips140=on everything works; with fips140=only sealing and
// opening return an error, because the library chooses GCM nonces outside Go's validated module.
//
// Tokens are also opened and verified by other software; the tests use the command of latchset's jose:
//
//	jose jwe dec -i envelope -k own/enc-….jwk -O signed
//	jose jws ver -i signed -k peers/us.cbp/sig-….jwk -O claims.json
package crypto
