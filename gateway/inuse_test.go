package gateway_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSettingsInTheLedger changes config.yaml and senders.csv at starts, by HUP
// and while the gateway runs: each change is one event that an auditor finds,
// and what is no change is none.
func TestSettingsInTheLedger(t *testing.T) {
	b := makeBorder(t)
	s := b.sides[cbp]
	config, register := filepath.Join(s.home, "config.yaml"), filepath.Join(s.home, "senders.csv")
	auditor := b.party(t, cbp, "auditor", "oig")
	var want []string
	expected := func(file, by string) { // now, with the bytes that the file has now
		digest := ""
		text, err := os.ReadFile(file)
		if err == nil {
			sum := sha256.Sum256(text)
			digest = hex.EncodeToString(sum[:])
		}
		want = append(want, strings.Join([]string{filepath.Base(file), by, digest}, " "))
	}
	told := func() []string {
		var got []string
		for _, e := range events(t, auditor, "settings.loaded") {
			if e.Log != "internal" || len(e.Header) != 3 {
				t.Errorf("event %+v", e)
			}
			got = append(got, strings.Join([]string{e.Header["file"], e.Header["by"], e.Header["digest"]}, " "))
		}
		return got
	}
	same := func(when string) {
		t.Helper()
		if diff := cmp.Diff(want, told()); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	changed := func(when string) { // noticed at a beat
		t.Helper()
		within(t, when, func() error {
			if slices.Contains(told(), want[len(want)-1]) {
				return nil
			}
			return os.ErrNotExist
		})
		same(when)
	}
	restart := func() {
		s.stop()
		s.start()
	}

	s.start()
	expected(config, "start")
	same("the first start")
	restart()
	same("a start without a change")

	const head = "party,qualifier,sender,note\n"
	write(register, head)
	expected(register, "change")
	changed("a register comes")
	write(register, head+"nonsense\n") // not taken over
	original, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second one changes nothing
		write(config, string(original)+"limits: {requestsPerSecond: 400}\n")
		if err := s.running.Reload(config); err != nil {
			t.Fatal(err)
		}
	}
	expected(config, "HUP")
	same("HUP")
	write(config, string(original)+"nonsense: true\n")
	if err := s.running.Reload(config); err == nil {
		t.Error("nonsense is taken over")
	}
	same("HUP with a mistake")

	s.stop()
	write(config, string(original))
	if err := os.Remove(register); err != nil {
		t.Fatal(err)
	}
	s.start()
	expected(register, "start")
	expected(config, "start")
	same("both changed while it was stopped")
	for _, e := range events(t, auditor, "settings.loaded") {
		for name, value := range e.Header {
			if strings.Contains(value, "requestsPerSecond") || strings.Contains(value, s.home) {
				t.Errorf("%s is %q", name, value)
			}
		}
	}
	restart()
	same("the last start")
}
