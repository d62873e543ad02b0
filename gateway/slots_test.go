package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"peacebridge/gateway"
)

// A party whose bodies do not end is refused before it keeps out the others.
func TestOnePartyLeavesRoom(t *testing.T) {
	b := newBorder(t, func(s *gateway.Settings) { s.Limits.Submissions = 4 })
	slow, quick := b.party(t, cbp, "partner", "slow"), b.party(t, cbp, "partner", "quick")
	var writers []*io.PipeWriter
	ended := make(chan struct{})
	for range 3 {
		read, write := io.Pipe()
		writers = append(writers, write)
		go func() {
			_, _ = slow.try(http.MethodPost, "/v1/documents", headers("ISA"), read) // it is cut off
			ended <- struct{}{}
		}()
		if _, err := write.Write([]byte("ISA")); err != nil {
			t.Fatal(err)
		}
	}
	b.taken(t, 3)
	if a := slow.post(manifest(t, 1)); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("one more of the same party: %s", a)
	}
	if a := quick.post(manifest(t, 2)); a.status != http.StatusAccepted {
		t.Errorf("another party: %s", a)
	}
	for _, w := range writers {
		_ = w.CloseWithError(io.ErrUnexpectedEOF) // the pipe's own end
		<-ended
	}
	within(t, "there is a slot again", func() error {
		if a := slow.post(manifest(t, 3)); a.status != http.StatusAccepted {
			return errors.New("still refused")
		}
		return nil
	})
}

// taken waits until CBP takes in so many submissions.
func (b *border) taken(t *testing.T, n int) {
	t.Helper()
	want := fmt.Appendf(nil, "\npeacebridge_submissions %d\n", n)
	within(t, "slots are taken", func() error {
		res, err := http.Get(b.sides[cbp].settings.Addresses().Ops + "/metrics")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err == nil && !bytes.Contains(text, want) {
			err = errors.New("they are free")
		}
		return err
	})
}
