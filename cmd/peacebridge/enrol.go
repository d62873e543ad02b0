package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"peacebridge/certs"
)

// enrolAt hands token and request in at an authority's enrolment door, which is checked against the fingerprint in the token before
// the token is shown to it.
func enrolAt(ctx context.Context, door, token string, csr []byte) ([]byte, error) {
	config, err := certs.EnrolClientConfig(token, time.Now)
	if err != nil {
		return nil, certsAnswer(err)
	}
	body, err := json.Marshal(map[string]string{"token": token, "csr": string(csr)})
	if err != nil {
		return nil, trouble(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(door, "/")+"/v1/enrol", bytes.NewReader(body))
	if err != nil {
		return nil, trouble(err)
	}
	r.Header.Set("Content-Type", "application/json")
	c := client{http: &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: time.Minute}}
	a, err := c.send(r)
	if err != nil {
		return nil, trouble(err, "is the gateway running?")
	}
	return certificateIn(a)
}

// certificateIn reads the certificate out of the answer to an enrolment or a renewal.
func certificateIn(a *answer) ([]byte, error) {
	if a.status != http.StatusCreated {
		var p problem
		if json.Unmarshal(a.body, &p) != nil || p.Title == "" {
			return nil, trouble(fmt.Errorf("the gateway answered %d without a reason", a.status))
		}
		return nil, refused(errors.New(oneLine(p.Title+": "+p.Detail)), oneLine(p.Hint))
	}
	var got struct {
		Certificate string `json:"certificate"`
	}
	if err := json.Unmarshal(a.body, &got); err != nil || got.Certificate == "" {
		return nil, trouble(errors.New("the gateway's answer holds no certificate"))
	}
	return []byte(got.Certificate), nil
}

// A partyFolder is what is told of a party's folder when its certificate was written.
type partyFolder struct {
	Folder   string    `json:"folder"`
	Identity string    `json:"identity"`
	Serial   string    `json:"serial"`
	NotAfter time.Time `json:"notAfter"`
}

// tellParty says whose folder it is now, and until when.
func (t *terminal) tellParty(dir string, certPEM []byte) error {
	block, _ := pem.Decode(certPEM)
	if block == nil {
		return trouble(errors.New("the certificate is no PEM"))
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return trouble(err)
	}
	id, err := certs.IdentityOf(leaf)
	if err != nil {
		return trouble(err)
	}
	if t.json {
		return t.object(partyFolder{Folder: dir, Identity: id.URI(), Serial: leaf.SerialNumber.Text(16), NotAfter: leaf.NotAfter.UTC()})
	}
	t.say("%s: %s until %s", dir, id, leaf.NotAfter.UTC().Format(time.RFC3339))
	return nil
}
