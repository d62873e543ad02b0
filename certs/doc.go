// Package certs gives every party of a gateway one identity, proves it on every connection, and takes it away again.
//
// # Identity
//
// A party is named by one URI in the subject alternative name of its certificate (RFC 5280 §4.2.1.6):
//
//	peacebridge://ca.cbsa/partner/carrier-7
//	              agency  role    id
//
// The agency is who vouches, the role is what the party may be, the id is which one it is. The common name of the subject
// repeats the id for people and decides nothing. Roles are a closed list: gateway, system, partner, auditor, officer, admin.
//
// # Authority
//
// An Authority is an agency's certification authority (CA): a key, a self-signed certificate and a register in one folder.
//
//	ca.crt            the CA certificate; public. Limited to its agency by a name constraint (RFC 5280 §4.2.1.10), path length 0
//	ca.key            its private key, mode 0600
//	ca.crl            the newest revocation list, DER
//	register.jsonl    what was done, one JSON object a line, only ever appended
//
// It is meant for development, tests and small sites. A large agency keeps its root elsewhere and gives the gateway a CA
// certificate and key in this same form.
//
// A party is enrolled in three steps. The operator makes a one-time token for one identity. The party makes a key of its own
// and a certificate signing request (CSR, RFC 2986), connects to the enrolment address, and sends both. The authority answers
// with a certificate. What makes this safe:
//
//   - The token carries the fingerprint of the CA certificate, so the party knows whom it talks to before it has any
//     certificate to check against (EnrolClientConfig). The authority keeps only the token's hash.
//   - From the CSR the authority takes the public key and nothing else. Identity, host names, usages and dates are the
//     authority's own. A CSR that asks to be a CA, or to be somebody else, is refused rather than trimmed.
//   - One line of the register both records the certificate and spends the token, and it is synced before the certificate
//     leaves. Killed at any moment, a token is either unspent or its certificate is on record; it never yields two.
//
// Certificates live for days (see profileOf) and are renewed with a new key from half of their life on (RenewAt). Revocation
// names a reason from RFC 5280 §5.3.1. A stolen key may already have renewed itself, so a revocation for keyCompromise
// also takes every certificate that was renewed, directly or not, from the stolen one.
//
// # Trust
//
// A Trust holds which CA speaks for which agency, in which roles, and the newest revocation list of each:
//
//	t := certs.NewTrust()
//	t.Add("us.cbp", ownCA, certs.Roles()...)          // everyone that we enrol ourselves
//	t.Add("ca.cbsa", peerCA, certs.RoleGateway)       // of the peer agency, its gateway only
//	t.SetCRL("ca.cbsa", crl, now)                     // again whenever there is a newer one
//	server.TLSConfig = t.ServerConfig(certificate, time.Now)
//
// Connections are TLS 1.3 (RFC 8446) and mutual. The key exchange is the standard library's own choice, which begins with
// the hybrid X25519MLKEM768. There are no session tickets, so every connection is a full handshake in which both ends are
// judged: chain, agency, role, dates, revocation. A connection may outlive the certificate that opened it, so Check is
// called again for each request; it works from memory. A handshake never waits for the network: revocation lists are
// fetched beforehand. They are signed, so any channel will do, and they may be passed on by anyone.
//
// A revocation list that has passed its next-update time refuses its whole agency: someone may be holding the newer one back.
// An agency for which no list was ever set is not checked for revocation; a gateway sets one at start.
//
// # Errors
//
// Everything that is said no to is a *Refusal with a reason from reasons.csv. Other errors are failures of ours (disk, broken register).
//
// Not here: OCSP, certificate transparency, intermediate CAs, fetching anything from an address that stands in a certificate.
package certs
