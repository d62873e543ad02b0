package gateway_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"peacebridge/gateway"
)

const goodConfig = `agency: us.cbp
name: gateway
environment: test
listen: {api: "127.0.0.1:1", enrol: "127.0.0.1:2", log: "127.0.0.1:3", ops: "127.0.0.1:4"}
peers:
  - {agency: ca.cbsa, url: "https://127.0.0.1:5"}
`

// TestSettings reads what an operator may write, and says what is wrong with
// what they may not.
func TestSettings(t *testing.T) {
	read := func(text string) (*gateway.Settings, error) {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return gateway.LoadSettings(file)
	}
	s, err := read(goodConfig + "beat: 2s\nlimits: {submissions: 3}\n")
	if err != nil || time.Duration(s.Beat) != 2*time.Second || s.Limits.Submissions != 3 || s.Addresses().API != "https://127.0.0.1:1" {
		t.Fatalf("%+v: %v", s, err)
	}
	for _, test := range []struct{ name, old, new, want string }{
		{"misspelt member", "name: gateway", "name: gateway\nlimit: {}", "line 3: limit is no setting here"},
		{"a word for a number", "name: gateway", "name: gateway\nlimits: {submissions: many}", "line 3: the value is not of the kind that is wanted (int)"},
		{"negative limit", "name: gateway", "name: gateway\nlimits: {submissions: -1}", "below zero"},
		{"risk", "name: gateway", "name: gateway\nrecognition: {risk: low}", "recognition.risk"},
		{"agency's form", "us.cbp", "US-CBP", "agency"},
		{"no name", "name: gateway", `name: ""`, "name"},
		{"environment", "test", "staging", "environment"},
		{"no port", "127.0.0.1:1", "127.0.0.1", "listen.api"},
		{"log for everyone", "127.0.0.1:3", "0.0.0.0:3", "loopback"},
		{"reader without a log", "name: gateway", "name: gateway\nlogReaders: [{name: a, party: 'peacebridge://us.cbp/auditor/a'}]", "logs"},
		{"reader of no log", "name: gateway", "name: gateway\nlogReaders: [{name: a, party: 'peacebridge://us.cbp/auditor/a', logs: [x]}]", "logs"},
		{"reader who is nobody", "name: gateway", "name: gateway\nlogReaders: [{name: a, logs: [ca.cbsa]}]", "party"},
		{"reader of another role", "name: gateway", "name: gateway\nlogReaders: [{name: a, party: 'peacebridge://us.cbp/partner/a', logs: [ca.cbsa]}]", "auditor"},
		{"token in clear", "name: gateway", "name: gateway\nlogReaders: [{name: a, tokenSHA256: secret, logs: [ca.cbsa]}]", "64 hex"},
		{"reader twice", "name: gateway", "name: gateway\nlogReaders: [{name: a, party: 'peacebridge://us.cbp/auditor/a', logs: [ca.cbsa]}, {name: b, party: 'peacebridge://us.cbp/auditor/a', logs: [ca.cbsa]}]", "same"},
		{"witness without TLS", "name: gateway", "name: gateway\nwitnesses: [{name: oag, vkey: x, url: 'http://oag.example'}]", "https"},
		{"witness called like the peer", "name: gateway", "name: gateway\nwitnesses: [{name: ca.cbsa, vkey: x, url: 'https://oag.example'}]", "taken"},
		{"more witnesses than there are", "name: gateway", "name: gateway\nwitness: {quorum: '2'}\nwitnesses: [{name: oag, vkey: x, url: 'https://oag.example'}]", "quorum"},
		{"time-stamps of nobody", "name: gateway", "name: gateway\ntimestamps: {url: 'http://tsa.example'}", "timestamps.ca"},
		{"ops for everyone", "127.0.0.1:4", ":4", "loopback"},
		{"peer without TLS", "https://127.0.0.1:5", "http://127.0.0.1:5", "https"},
		{"own agency as its peer", "ca.cbsa", "us.cbp", "peers"},
		{"duration", "name: gateway", "name: gateway\nbeat: 3", "line"},
		{"negative duration", "name: gateway", "name: gateway\nbeat: -3s", "line"},
		{"two documents", "name: gateway\n", "name: gateway\n---\n", "config.yaml"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(goodConfig, test.old) {
				t.Fatal("the example no longer has it")
			}
			if _, err := read(strings.Replace(goodConfig, test.old, test.new, 1)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, expected one about %s", err, test.want)
			}
		})
	}
}

// TestIntroduce takes in what a peer said of itself, and of nobody else.
func TestIntroduce(t *testing.T) {
	home := filepath.Join(t.TempDir(), "us.cbp")
	settings := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(settings, []byte(goodConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := gateway.LoadSettings(settings)
	if err == nil {
		err = gateway.Create(home, s, time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(home, "introduction.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ text, want string }{
		{string(own), "no peer of us.cbp"},
		{strings.Replace(string(own), `"us.cbp"`, `"fr.dgddi"`, 1), "no peer of us.cbp"},
		{"{}", "missing"},
		{"x", "introduction"},
		{strings.Replace(string(own), `"us.cbp"`, `"ca.cbsa"`, 1), ""},
		{strings.Replace(string(own), `"us.cbp"`, `"ca.cbsa"`, 1), "exists"}, // never written over
	} {
		err := gateway.Introduce(home, []byte(test.text))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40s: %v, want %q", test.text, err, test.want)
		}
	}
}

// TestCreateTouchesNothing makes a home once and never again: serve and init
// must not replace a ledger that has gone missing.
func TestCreateTouchesNothing(t *testing.T) {
	b := makeBorder(t)
	s := b.sides[cbp]
	before, err := os.ReadFile(filepath.Join(s.home, "introduction.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Create(s.home, s.settings, time.Now()); err == nil {
		t.Error("a second home was made in the same folder")
	}
	if after, err := os.ReadFile(filepath.Join(s.home, "introduction.json")); err != nil || string(after) != string(before) {
		t.Errorf("the first one was changed: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(s.home, "ledger")); err != nil {
		t.Fatal(err)
	}
	if g, err := gateway.New(t.Context(), gateway.Config{Home: s.home}); err == nil {
		t.Errorf("a gateway runs without its ledger: %v", g.Close())
	}
}
