// Package audit is a ledger whose past cannot be rewritten unnoticed.
//
// # Terms
//
// An event is one thing that happened. It is appended to a log, gets the next
// index there and never changes. Each log is a Merkle tree (RFC 6962 section
// 2.1): one leaf for each event, hashed pairwise up to one root. The head of a
// log is its size and its root; whoever knows a head can be shown that an
// event is in it (an inclusion proof) and that a later head only added to it
// (a consistency proof), each with a handful of hashes.
//
// A checkpoint is a head as a signed text (C2SP tlog-checkpoint in a C2SP
// signed note):
//
//	ca.cbsa/audit/us.cbp
//	4711
//	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
//	— ca.cbsa/audit/us.cbp Az3grlgtzPICa5OS8npVmf1Myq/5IZni…
//
// The first line is the origin, the name of the log; then size, root, and
// after a blank line the signatures. A witness is somebody else who remembers
// the newest checkpoint that it saw, accepts only consistent successors, and
// adds a cosignature. Rewriting a witnessed log needs the witness's help.
//
// Tiles are how the tree is stored and served (C2SP tlog-tiles): 256 hashes
// each; any proof can be computed from a few of them.
//
// # Logs, events, leaves
//
// A ledger keeps one log for each relation (this gateway and one partner) and
// one internal log. The leaf of an event commits to its kind, time, header,
// details and bodies with salts, and has one width whatever happened: who sees
// the tree learns how much was logged and nothing else. Whoever is shown an
// event gets the salts of what is shown.
//
//   - The header holds ids, hashes, codes and states. It is kept in clear
//     beside the tree and is all that state is computed from.
//   - Details and bodies are encrypted under data keys which live in key pages
//     outside the store. To erase is to destroy the key: tree, proofs and the
//     partner's copy stay valid.
//
// Each year the logs go on in new shards, logs of their own that are chained by
// their last and first entries: see [Succession]. A ledger that has less than
// others have seen of it is brought back by [Recover] or [Refill].
//
// # State
//
// State is what the events add up to. One function, [Apply], puts the effect
// of one event into state; nothing else writes it, so that it can be dropped
// and built again. [Ledger.Append] takes guards, which say what state the
// caller decided upon; when it has changed meanwhile nothing is appended.
//
// # Durability
//
// One committer takes all appends that wait, extends the trees, applies the
// events, signs the heads and stores everything in one synced transaction.
// Append returns after that, never before.
package audit
