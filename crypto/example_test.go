package crypto_test

import (
	"fmt"
	"log"
	"time"

	"peacebridge/crypto"
)

// A record crosses the border with its driver's birth date withheld; later the one value is disclosed and checked.
func Example() {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	cbp, cbsa := rings(now)

	record := []byte(`{"id":"r-1","conveyance":{"person":[{"name":"A. Driver","birthDate":"1980-01-02"}]}}`)
	payload, disclosures, err := crypto.Conceal(record, []string{"/conveyance/person/0/birthDate"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := cbp.SealEnvelope(crypto.Claims{
		Audience: "ca.cbsa", MessageID: "m-1", Agreement: "ca-us-highway", AgreementVersion: 3,
		AgreementHash: crypto.Digest([]byte("the agreement's text")), Purpose: "risk-assessment", Articles: []string{"4.1"},
		Sequence: 1, Expires: now.Add(72 * time.Hour), Class: "cargo.report", RecordID: "r-1", Record: payload,
	}, now)
	if err != nil {
		log.Fatal(err)
	}

	claims, opened, err := cbsa.Open(sealed.Envelope, crypto.Expect{Audience: "ca.cbsa", Issuer: "us.cbp", Now: now})
	if err != nil {
		log.Fatal(err)
	}
	seen, concealed, err := crypto.Strip(claims.Record)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(claims.ReplayKey(), concealed, "concealed")
	fmt.Println(string(seen))

	receipt, err := cbsa.SignReceipt(crypto.Receipt{
		Audience: claims.Issuer, MessageID: claims.MessageID, PayloadDigest: opened.PayloadDigest,
		Verdict: crypto.VerdictCommitted, LogOrigin: "cbsa.example/us.cbp", Index: 41, At: now, RecipientKey: opened.RecipientKey,
	})
	if err != nil {
		log.Fatal(err)
	}
	r, err := cbp.OpenReceipt(receipt, crypto.Expect{Audience: "us.cbp", Issuer: "ca.cbsa", Now: now})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Verdict, "at", r.Index, r.PayloadDigest == sealed.PayloadDigest)

	pointer, value, err := crypto.CheckDisclosure(claims.Record, disclosures[0].Encoded)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pointer, string(value))
	// Output:
	// us.cbp/m-1 1 concealed
	// {"id":"r-1","conveyance":{"person":[{"name":"A. Driver"}]}}
	// COMMITTED at 41 true
	// /conveyance/person/0/birthDate "1980-01-02"
}

// rings makes the keyrings of two agencies that know each other's public keys.
func rings(now time.Time) (cbp, cbsa *crypto.Keyring) {
	var err error
	if cbp, err = crypto.NewKeyring("us.cbp"); err != nil {
		log.Fatal(err)
	}
	if cbsa, err = crypto.NewKeyring("ca.cbsa"); err != nil {
		log.Fatal(err)
	}
	for _, pair := range [][2]*crypto.Keyring{{cbp, cbsa}, {cbsa, cbp}} {
		own, peer := pair[0], pair[1]
		for _, use := range []crypto.Use{crypto.Signing, crypto.Encryption} {
			key, err := own.Rotate(use, crypto.P256, now)
			if err != nil {
				log.Fatal(err)
			}
			if err := peer.AddPeer(own.Agency(), key); err != nil {
				log.Fatal(err)
			}
		}
	}
	return cbp, cbsa
}
