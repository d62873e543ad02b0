package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Disclosure opens chosen parts of one event. Whoever has it can compute the
// entry from it, with the parts that stay hidden as bare commitments, and check
// the entry against the log with any tool for C2SP logs. The README of a
// bundle has the formulas.
type Disclosure struct {
	Log     string           `json:"log"`
	Index   uint64           `json:"index"`
	Entry   []byte           `json:"entry"` // base64: what the leaf hashes
	Kind    string           `json:"kind"`
	Time    time.Time        `json:"time"`            // to the nanosecond
	Flags   byte             `json:"flags,omitempty"` // 1: the clock had stepped back
	Header  []DisclosedValue `json:"header"`
	Hidden  []byte           `json:"hidden"` // commitment to what is never disclosed
	Details []DisclosedValue `json:"details,omitempty"`
	// DetailsRoot stands for the details when none is disclosed.
	DetailsRoot []byte          `json:"detailsRoot,omitempty"`
	Bodies      []DisclosedBody `json:"bodies,omitempty"`
	Erased      bool            `json:"erased,omitempty"` // details cannot be disclosed any more
}

// A DisclosedValue is a value with its salt, or its bare commitment.
type DisclosedValue struct {
	Name       string `json:"name,omitempty"`
	Value      string `json:"value,omitempty"`
	Salt       []byte `json:"salt,omitempty"`
	Commitment []byte `json:"commitment,omitempty"`
}

// A DisclosedBody is what is said about a body.
type DisclosedBody struct {
	Name       string `json:"name,omitempty"`
	MediaType  string `json:"mediaType,omitempty"`
	Size       int64  `json:"size,omitempty"`
	SHA256     []byte `json:"sha256,omitempty"` // of the content
	Salt       []byte `json:"salt,omitempty"`
	Commitment []byte `json:"commitment"`
	CipherHash []byte `json:"cipherHash"`
	File       string `json:"file,omitempty"` // in the bundle
}

// pick says whether a name is among those to disclose.
func pick(names []string, name string) bool {
	return slices.Contains(names, name) || slices.Contains(names, "*")
}

// disclose makes a disclosure of a record. Header nil: all of the header.
// Sealed may be nil when it is erased or not wanted.
func disclose(rec *record, log string, index uint64, s *sealed, header, details []string) *Disclosure {
	var h hasher
	e, hidden := rec.entry(&h), h.hidden(rec)
	d := &Disclosure{
		Log: log, Index: index, Entry: e[:], Kind: rec.kind, Time: time.Unix(0, rec.nanos).UTC(), Flags: rec.flags,
		Header: h.disclose(&rec.secret, hiddenSalt+1, &rec.pairs, func(name string) bool { return header == nil || pick(header, name) }),
		Hidden: hidden[:],
	}
	if s == nil || len(details) == 0 || len(s.names) == 0 {
		d.DetailsRoot = rec.details[:]
	} else {
		d.Details = h.disclose(&s.secret, 0, &s.pairs, func(name string) bool { return pick(details, name) })
	}
	for i := range rec.bodies {
		b := &rec.bodies[i]
		d.Bodies = append(d.Bodies, DisclosedBody{Commitment: b.Commitment[:], CipherHash: b.CipherHash[:]})
	}
	return d
}

// disclose discloses those of some pairs that are to be open.
func (h *hasher) disclose(s *secret, first int, p *pairs, open func(name string) bool) []DisclosedValue {
	out := make([]DisclosedValue, len(p.names))
	for i, name := range p.names {
		salt := h.salt(s, first+i)
		if open(name) {
			out[i] = DisclosedValue{Name: name, Value: p.values[i], Salt: salt[:]}
			continue
		}
		c := h.commit(&salt, name, p.values[i])
		out[i] = DisclosedValue{Commitment: c[:]}
	}
	return out
}

var errDisclosure = errors.New("disclosure does not lead to the entry")

// Check recomputes the entry from the disclosed parts.
func (d *Disclosure) Check() error {
	nanos := d.Time.UnixNano()
	if !time.Unix(0, nanos).Equal(d.Time) || len(d.Header) > maxPairs || len(d.Bodies) > maxBodies {
		return errDisclosure
	}
	var h hasher
	header, err := h.commitments(d.Header)
	if err != nil {
		return err
	}
	details, err := d.details(&h)
	if err != nil {
		return err
	}
	hidden, err := hash32(d.Hidden)
	if err != nil {
		return err
	}
	bodies := make([]StoredBody, len(d.Bodies))
	for i := range d.Bodies {
		if bodies[i].Commitment, bodies[i].CipherHash, err = d.Bodies[i].check(&h); err != nil {
			return err
		}
	}
	fixed := h.join(&details, &hidden, header, bodies)
	e := entry(h.root(&fixed, nanos, d.Flags, d.Kind))
	if string(d.Entry) != string(e[:]) {
		return errDisclosure
	}
	return nil
}

// details is what stands for the details.
func (d *Disclosure) details(h *hasher) ([32]byte, error) {
	if d.DetailsRoot != nil {
		return hash32(d.DetailsRoot)
	}
	cs, err := h.commitments(d.Details)
	return h.details(cs), err
}

// commitments are those of disclosed and of hidden values.
func (h *hasher) commitments(vs []DisclosedValue) (cs [][32]byte, err error) {
	for _, v := range vs {
		var c [32]byte
		if v.Salt == nil {
			c, err = hash32(v.Commitment)
		} else if len(v.Salt) != len(salt{}) {
			err = errDisclosure
		} else {
			c = h.commit((*salt)(v.Salt), v.Name, v.Value)
		}
		if err != nil {
			return nil, err
		}
		cs = append(cs, c)
	}
	return cs, nil
}

// check returns the commitment to a body; when it is disclosed it must fit.
func (b *DisclosedBody) check(h *hasher) (c, cipher [32]byte, err error) {
	if c, err = hash32(b.Commitment); err != nil {
		return c, cipher, err
	}
	if cipher, err = hash32(b.CipherHash); err != nil || b.Salt == nil {
		return c, cipher, err
	}
	digest, err := hash32(b.SHA256)
	if err != nil || len(b.Salt) != len(salt{}) {
		return c, cipher, errDisclosure
	}
	if commitBody(h, (*salt)(b.Salt), b.Name, b.MediaType, b.Size, digest) != c {
		err = errDisclosure
	}
	return c, cipher, err
}

func hash32(b []byte) (h [32]byte, err error) {
	if len(b) != 32 {
		return h, errDisclosure
	}
	return [32]byte(b), nil
}

// String is the disclosure for people.
func (d *Disclosure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "log %s, index %d: %s at %s\n", d.Log, d.Index, d.Kind, d.Time.Format(time.RFC3339Nano))
	for _, part := range []struct {
		name   string
		values []DisclosedValue
	}{{"header", d.Header}, {"details", d.Details}} {
		for _, v := range part.values {
			if v.Salt == nil {
				fmt.Fprintf(&b, "  %s: withheld %s\n", part.name, base64.StdEncoding.EncodeToString(v.Commitment))
			} else {
				fmt.Fprintf(&b, "  %s %s = %s\n", part.name, v.Name, v.Value)
			}
		}
	}
	return b.String()
}
