package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: time.Minute}
	answer, err := client.Do(r)
	if err != nil {
		return nil, trouble(err)
	}
	defer answer.Body.Close() // read only
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return nil, trouble(err)
	}
	if answer.StatusCode/100 != 2 {
		return nil, refused(problemIn(answer.Status, text))
	}
	var got struct {
		Certificate string `json:"certificate"`
	}
	if json.Unmarshal(text, &got) == nil && got.Certificate != "" {
		return []byte(got.Certificate), nil
	}
	return text, nil
}

// problemIn puts a problem+json answer (RFC 9457) into one line.
func problemIn(status string, body []byte) error {
	var p struct{ Title, Detail, Reason string }
	if json.Unmarshal(body, &p) != nil || p.Title == "" {
		return fmt.Errorf("the gateway answers %s", status)
	}
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if p.Reason != "" {
		text += " (" + p.Reason + ")"
	}
	return fmt.Errorf("%s", oneLine(text))
}
