package certs

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path/filepath"
	"strings"
	"time"
)

const (
	// crlLife is how long a revocation list may be used: as long as the longest certificate, so that a peer that could not
	// fetch a newer one for a while is not cut off before certificates themselves run out.
	crlLife = 7 * day
	// crlRenew is the age at which a list is made anew although nothing was revoked.
	crlRenew = 1 * day
)

// ReasonKeyCompromise is the revocation reason that also takes the certificates renewed from the revoked one.
const ReasonKeyCompromise = "keyCompromise"

// reasonCode translates the names of RFC 5280 §5.3.1. Missing on purpose: certificateHold and removeFromCRL, because a
// revocation here is final; cACompromise and aACompromise, which do not concern parties.
func reasonCode(reason string) (int, bool) {
	switch reason {
	case "unspecified":
		return 0, true
	case ReasonKeyCompromise:
		return 1, true
	case "affiliationChanged":
		return 3, true
	case "superseded":
		return 4, true
	case "cessationOfOperation":
		return 5, true
	case "privilegeWithdrawn":
		return 9, true
	}
	return 0, false
}

// Revoke ends one certificate before its time. For keyCompromise every certificate that was renewed from it, directly or
// not, ends too: the thief may have been the one who renewed. Revoking again is not an error; it may change the reason.
func (a *Authority) Revoke(serial, reason string, now time.Time) error {
	if _, ok := reasonCode(reason); !ok {
		return refuse(RevocationReason, "")
	}
	serial = normalSerial(serial)
	return a.register.update(func() ([]line, error) {
		if a.register.serials[serial] == nil {
			return nil, refuse(CertificateUnknown, "")
		}
		taken := map[string]bool{renewalOf(serial): reason == ReasonKeyCompromise}
		var lines []line
		for _, c := range a.register.issued { // in order of issue, so a renewal comes after what it renews
			if c.Serial != serial && !taken[c.By] {
				continue
			}
			taken[renewalOf(c.Serial)] = reason == ReasonKeyCompromise
			lines = appendRevocation(lines, c, reason, now)
		}
		return lines, nil
	})
}

// RevokeIdentity ends every certificate of a party that has not run out, and withdraws its open tokens. It returns how many
// certificates it ended.
func (a *Authority) RevokeIdentity(id Identity, reason string, now time.Time) (int, error) {
	if _, ok := reasonCode(reason); !ok {
		return 0, refuse(RevocationReason, "")
	}
	ended := 0
	err := a.register.update(func() ([]line, error) {
		var lines []line
		for _, c := range a.register.issued {
			if c.Identity == id && now.Before(c.NotAfter) {
				lines = appendRevocation(lines, c, reason, now)
			}
		}
		ended = len(lines)
		for _, t := range a.register.tokens {
			if t.Identity == id && !t.spent && !t.void {
				lines = append(lines, line{Kind: kindVoid, At: now.UTC(), Token: t.Hash})
			}
		}
		return lines, nil
	})
	if err != nil {
		return 0, err
	}
	return ended, nil
}

func appendRevocation(lines []line, c *Issued, reason string, now time.Time) []line {
	if c.Reason == reason {
		return lines
	}
	return append(lines, line{Kind: kindRevoked, At: now.UTC(), Serial: c.Serial, Reason: reason})
}

// CRL returns the revocation list in DER (RFC 5280 §5). The same list is returned until something is revoked or a day has
// passed, so it can be asked for often. Numbers rise by one with each list and survive restarts.
func (a *Authority) CRL(now time.Time) ([]byte, error) {
	var der []byte
	err := a.register.update(func() ([]line, error) {
		onDisk, err := a.readCRL()
		if err != nil {
			return nil, err
		}
		number := a.register.crl + 1
		if onDisk != nil {
			if a.current(onDisk, now) {
				der = onDisk.Raw
				return nil, nil
			}
			// A list that was written just before a crash has a number that the register does not know.
			number = max(number, onDisk.Number.Int64()+1)
		}
		if now.Before(a.cert.NotBefore) || !now.Before(a.cert.NotAfter) {
			return nil, refuse(AuthorityExpired, "")
		}
		der, err = x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
			Number:                    big.NewInt(number),
			ThisUpdate:                now.UTC(),
			NextUpdate:                now.Add(crlLife).UTC(),
			RevokedCertificateEntries: a.revoked(now),
		}, a.cert, a.key)
		if err != nil {
			return nil, fmt.Errorf("revocation list: %w", err)
		}
		if err := replaceFile(filepath.Join(a.dir, fileCRL), der, 0o644); err != nil {
			return nil, fmt.Errorf("revocation list: %w", err)
		}
		return []line{{Kind: kindCRL, At: now.UTC(), Number: number}}, nil
	})
	if err != nil {
		return nil, err
	}
	return der, nil
}

// readCRL returns the list on disk, or nil when there is none or it is not a whole one of ours.
func (a *Authority) readCRL() (*x509.RevocationList, error) {
	der, err := readFile(filepath.Join(a.dir, fileCRL))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("revocation list: %w", err)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil || list.CheckSignatureFrom(a.cert) != nil || list.Number == nil || !list.Number.IsInt64() {
		return nil, nil
	}
	return list, nil
}

// current says whether a list is the register's newest, still says everything, and is not due to be made anew.
func (a *Authority) current(list *x509.RevocationList, now time.Time) bool {
	return !a.register.dirty && list.Number.Int64() == a.register.crl &&
		!now.Before(list.ThisUpdate) && now.Before(list.ThisUpdate.Add(crlRenew))
}

// revoked lists what a revocation list made now has to name. An entry stays on one list beyond the certificate's own end
// (RFC 5280 §3.3): at most the life of a list longer.
func (a *Authority) revoked(now time.Time) []x509.RevocationListEntry {
	var entries []x509.RevocationListEntry
	for _, c := range a.register.issued {
		if c.RevokedAt.IsZero() || now.After(c.NotAfter.Add(crlLife)) {
			continue
		}
		code, _ := reasonCode(c.Reason) // an unknown one is "unspecified", which is 0
		serial, ok := new(big.Int).SetString(c.Serial, 16)
		if !ok {
			continue // unreachable: serials come from certificates
		}
		entries = append(entries, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: c.RevokedAt, ReasonCode: code})
	}
	return entries
}

func renewalOf(serial string) string { return "renewal:" + serial }

// normalSerial accepts the spellings that other programs print: upper case, colons, leading zeros.
func normalSerial(s string) string {
	return strings.TrimLeft(strings.ToLower(strings.ReplaceAll(s, ":", "")), "0")
}
