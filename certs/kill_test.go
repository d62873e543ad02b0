package certs

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childFolder names, in the environment of a child process, the authority that it enrols parties with until it is killed.
const childFolder = "CERTS_TEST_FOLDER"

// TestEnrolChild is not a test: it is the child process of TestTokenSurvivesKill. It reads tokens from its input and reports
// each enrolment after Enrol returned.
func TestEnrolChild(t *testing.T) {
	dir := os.Getenv(childFolder)
	if dir == "" {
		t.Skip("the child process of TestTokenSurvivesKill")
	}
	a := must(OpenAuthority(dir))(t)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		info := must(ParseToken(in.Text()))(t)
		_, csrPEM := mustCSR(t, info.Identity)
		cert := must(parseCertificate(must(a.Enrol(in.Text(), csrPEM, t0))(t)))(t)
		fmt.Println("enrolled", serialText(cert))
	}
}

// TestTokenSurvivesKill kills a process that enrols, at random moments, and looks at what is on disk: what was told to a
// party is on record, no token has two certificates, and every token without one can still be used.
func TestTokenSurvivesKill(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	a := newAuthority(t, "ca.cbsa")
	total := 0
	for round := range rounds {
		var tokens []string
		for i := range 40 {
			id := party(RolePartner, fmt.Sprintf("r%d-p%d", round, i))
			tokens = append(tokens, must(a.Token(id, time.Hour, t0))(t))
		}
		told := enrolUntilKilled(t, a.dir, tokens, time.Duration(rand.IntN(60))*time.Millisecond)

		b := must(OpenAuthority(a.dir))(t)
		bySerial, byToken := map[string]bool{}, map[string]int{}
		for _, c := range b.List() {
			bySerial[c.Serial] = true
			byToken[c.By]++
		}
		for _, serial := range told {
			if !bySerial[serial] {
				t.Errorf("round %d: certificate %s was told and is not on record", round, serial)
			}
		}
		for i, token := range tokens {
			info := must(ParseToken(token))(t)
			_, csrPEM := mustCSR(t, info.Identity)
			_, err := b.Enrol(token, csrPEM, t0)
			switch n := byToken["token:"+tokenID(tokenHash(token))]; n {
			case 0:
				if err != nil {
					t.Errorf("round %d: token %d has no certificate and cannot be used: %v", round, i, err)
				}
			case 1:
				wantReason(t, err, TokenSpent)
			default:
				t.Errorf("round %d: token %d has %d certificates", round, i, n)
			}
		}
		total += len(told)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(a.List()) != rounds*40 {
		t.Errorf("%d certificates for %d tokens", len(a.List()), rounds*40)
	}
	t.Logf("%d enrolments were told before the kills", total)
}

func enrolUntilKilled(t *testing.T, dir string, tokens []string, after time.Duration) (told []string) {
	t.Helper()
	child := exec.Command(must(os.Executable())(t), "-test.run=^TestEnrolChild$")
	child.Env = append(os.Environ(), childFolder+"="+dir)
	child.Stdin = strings.NewReader(strings.Join(tokens, "\n"))
	out := must(child.StdoutPipe())(t)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewScanner(out); in.Scan(); {
		serial, ok := strings.CutPrefix(in.Text(), "enrolled ")
		if !ok {
			continue
		}
		if told = append(told, serial); len(told) == 1 {
			time.AfterFunc(after, func() { _ = child.Process.Kill() }) // it may have ended already
		}
	}
	_ = child.Wait() // killed, as intended
	return told
}

// TestTornLine cuts the register inside its last line, at every byte: what was not whole did not happen.
func TestTornLine(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	id := party(RolePartner, "p")
	token := must(a.Token(id, time.Hour, t0))(t)
	name := filepath.Join(a.dir, fileRegister)
	before := must(os.ReadFile(name))(t)
	_, csrPEM := mustCSR(t, id)
	if _, err := a.Enrol(token, csrPEM, t0); err != nil {
		t.Fatal(err)
	}
	after := must(os.ReadFile(name))(t)
	for cut := len(before); cut < len(after); cut += 1 + (len(after)-len(before))/40 {
		for _, tail := range [][]byte{nil, make([]byte, 100)} { // a disk may also leave zeros
			torn := append(bytes.Clone(after[:cut]), tail...)
			write(t, name, torn)
			b := must(OpenAuthority(a.dir))(t)
			if n := len(b.List()); n != 0 {
				t.Fatalf("cut at %d: %d certificates", cut, n)
			}
			if _, err := b.Enrol(token, csrPEM, t0); err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			_ = b.Close()
			c := must(OpenAuthority(a.dir))(t)
			if n := len(c.List()); n != 1 {
				t.Fatalf("cut at %d: then %d certificates", cut, n)
			}
			_ = c.Close()
		}
	}
	// A register that lost what we have seen is not written to: it was exchanged under us.
	if err := os.Truncate(name, int64(len(before))); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Token(id, time.Hour, t0); err == nil {
		t.Error("went on with a register that is shorter than before")
	}
}

// When a line cannot be written there is no certificate.
func TestClosedRegisterIssuesNothing(t *testing.T) {
	a := newAuthority(t, "ca.cbsa")
	p := issueTo(t, a, party(RolePartner, "p"), t0)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	_, csrPEM := mustCSR(t, p.id)
	if certPEM, err := a.Issue(p.id, csrPEM, t0); err == nil || certPEM != nil {
		t.Error("issued without a record")
	}
	if err := a.Revoke(p.serial, "unspecified", t0); err == nil {
		t.Error("revoked without a record")
	}
	if len(a.List()) != 1 {
		t.Error("forgot what it knew")
	}
}
