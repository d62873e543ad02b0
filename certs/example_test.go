package certs_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"peacebridge/certs"
)

// One party's way from nothing to a certificate. In life the token travels by letter and the request over a connection made
// with EnrolClientConfig.
func Example() {
	dir, err := os.MkdirTemp("", "certs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

	// The operator of the agency.
	authority, err := certs.CreateAuthority(filepath.Join(dir, "ca"), "ca.cbsa", now)
	if err != nil {
		log.Fatal(err)
	}
	defer authority.Close()
	carrier := certs.Identity{Agency: "ca.cbsa", Role: certs.RolePartner, ID: "carrier-7"}
	token, err := authority.Token(carrier, 24*time.Hour, now)
	if err != nil {
		log.Fatal(err)
	}

	// The party, who has nothing but the token.
	info, err := certs.ParseToken(token)
	if err != nil {
		log.Fatal(err)
	}
	keyPEM, csrPEM, err := certs.NewKeyAndCSR(info.Identity)
	if err != nil {
		log.Fatal(err)
	}
	certPEM, err := authority.Enrol(token, csrPEM, now)
	if err != nil {
		log.Fatal(err)
	}
	id, _, err := certs.AcceptEnrolment(token, keyPEM, certPEM, now)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("enrolled:", id)

	// Somebody who found the token later.
	_, csrPEM, err = certs.NewKeyAndCSR(info.Identity)
	if err != nil {
		log.Fatal(err)
	}
	_, err = authority.Enrol(token, csrPEM, now)
	fmt.Println("again:", err)
	// Output:
	// enrolled: peacebridge://ca.cbsa/partner/carrier-7
	// again: the token was already used
}
