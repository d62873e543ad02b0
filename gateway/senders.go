package gateway

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"peacebridge/certs"
	"peacebridge/edi"
)

// The certificate says who hands an interchange in; ISA06, or UNB S002, says who
// sends it. Only the agency knows which of its partners may say what: the
// register senders.csv of the home binds the two. A party that stands in it uses
// its own addresses and no others; an address that stands in it is nobody
// else's. Of what is not in the register nothing is asked.
const sendersFile = "senders.csv"

// senderColumns head the register: an identity, qualifier and id of one of its
// addresses (no qualifier: any), and what people want to remember.
var senderColumns = []string{"party", "qualifier", "sender", "note"}

// senders is the register as it was last read.
type senders struct {
	seen string // the beat's alone
	rows atomic.Pointer[[]senderRow]
}

type senderRow struct{ party, qualifier, id string }

func (r senderRow) is(a edi.Address) bool {
	return r.id == a.ID && (r.qualifier == "" || r.qualifier == a.Qualifier)
}

// mayUse reports whether a party may send from an address.
func (s *senders) mayUse(party certs.Identity, a edi.Address) bool {
	rows, own := s.rows.Load(), party.URI()
	if rows == nil {
		return true
	}
	bound := false // the party has addresses, or the address has an owner
	for _, r := range *rows {
		if r.party == own && r.is(a) {
			return true
		}
		bound = bound || r.party == own || r.is(a)
	}
	return !bound
}

// loadSenders reads the register again when it has changed. One that cannot be
// read leaves the old one in force; no file is an empty register.
func (g *Gateway) loadSenders(ctx context.Context, by string, at time.Time) error {
	path := filepath.Join(g.home, sendersFile)
	seen := ""
	info, err := os.Stat(path)
	switch {
	case err == nil:
		seen = fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if seen == g.senders.seen && g.senders.rows.Load() != nil {
		return nil
	}
	var rows []senderRow
	digest := ""
	if seen != "" {
		b, err := os.ReadFile(path)
		digest = digestOf(b)
		if err == nil {
			rows, err = parseSenders(b, g.settings.Agency)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", sendersFile, err)
		}
	}
	g.senders.rows.Store(&rows)
	g.senders.seen = seen
	g.takeOver(ctx, sendersFile, digest, by, at)
	return nil
}

func parseSenders(b []byte, agency string) ([]senderRow, error) {
	r := csv.NewReader(bytes.NewReader(b))
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = '#', len(senderColumns), true
	head, err := r.Read()
	if err != nil || !slices.Equal(head, senderColumns) {
		return nil, errors.Join(fmt.Errorf("want the columns %q", senderColumns), err)
	}
	var rows []senderRow
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		id, err := certs.ParseIdentity(row[0])
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", line, err)
		case id.Agency != agency:
			return nil, fmt.Errorf("line %d: party: not of %s", line, agency)
		case row[2] == "":
			return nil, fmt.Errorf("line %d: sender: missing", line)
		}
		rows = append(rows, senderRow{party: id.URI(), qualifier: row[1], id: row[2]})
	}
}

// checkSenders refuses a submission with an interchange whose sender is not the
// party's to use. No acknowledgement goes to that address: it is another's.
func (g *Gateway) checkSenders(party certs.Identity, interchanges []*edi.InterchangeResult) error {
	var e *refusal
	for _, i := range interchanges {
		if g.senders.mayUse(party, i.Sender) {
			continue
		}
		if e == nil {
			e = refuse("foreign-sender", "the sender of an interchange is not registered for you")
		}
		at, rule := i.Position, "ISO 9735 S002"
		at.Element = 2
		if i.Syntax == edi.X12 {
			at.Element, rule = 6, "X12.5 ISA06"
		}
		e.findings = append(e.findings, problemFinding{Code: "gateway.sender-foreign", Severity: "error", Position: at, Rule: rule, Message: "the sender is not registered for the party that hands in"})
	}
	if e == nil {
		return nil
	}
	return e
}
