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
// the entry against the log with any tool for C2SP logs.
//
// Every commitment is SHA-256 over "pb-commit-1", the 32-byte salt, and part,
// name and value, each after its length in 4 bytes (big-endian).
type Disclosure struct {
	Log     string           `json:"log"`
	Index   uint64           `json:"index"`
	Entry   []byte           `json:"entry"` // base64: what the leaf hashes
	Kind    *DisclosedValue  `json:"kind"`
	Time    *DisclosedTime   `json:"time"`
	Header  []DisclosedValue `json:"header"`
	Terms   []byte           `json:"terms"` // commitment
	Details []DisclosedValue `json:"details,omitempty"`
	// DetailsRoot stands for the details when none is disclosed.
	DetailsRoot []byte          `json:"detailsRoot,omitempty"`
	Sealed      []byte          `json:"sealed"` // hash over the encrypted part
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

// A DisclosedTime is the time of an event.
type DisclosedTime struct {
	Nanoseconds int64     `json:"nanoseconds"` // what is committed to
	Flags       byte      `json:"flags"`       // 1: the clock had stepped back
	Salt        []byte    `json:"salt"`
	Text        time.Time `json:"text"` // the same for people
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
	e := rec.entry(&h)
	var f fixedRoots
	rec.fixed(&h, &f)
	salt := func(part, name string) []byte { x := h.salt(&rec.secret, part, name); return x[:] }
	d := &Disclosure{Log: log, Index: index, Entry: e[:], Terms: f.terms[:], Sealed: f.sealed[:], Header: []DisclosedValue{}}
	d.Kind = &DisclosedValue{Value: rec.kind, Salt: salt(partKind, "")}
	d.Time = &DisclosedTime{Nanoseconds: rec.nanos, Flags: rec.flags, Salt: salt(partTime, ""), Text: time.Unix(0, rec.nanos).UTC()}
	for i, name := range rec.names {
		d.Header = append(d.Header, value(&h, &rec.secret, partHeader, name, rec.values[i], header == nil || pick(header, name)))
	}
	if s == nil || len(details) == 0 {
		d.DetailsRoot = rec.details[:]
	} else {
		d.Details = []DisclosedValue{}
		for i, name := range s.names {
			d.Details = append(d.Details, value(&h, &s.secret, partDetails, name, s.values[i], pick(details, name)))
		}
		if len(s.names) == 0 {
			d.DetailsRoot = rec.details[:]
		}
	}
	for i := range rec.bodies {
		b := &rec.bodies[i]
		d.Bodies = append(d.Bodies, DisclosedBody{Commitment: b.Commitment[:], CipherHash: b.CipherHash[:]})
	}
	return d
}

func value(h *hasher, s *secret, part, name, text string, open bool) DisclosedValue {
	salt := h.salt(s, part, name)
	if open {
		return DisclosedValue{Name: name, Value: text, Salt: salt[:]}
	}
	c := h.commit(&salt, part, name, text)
	return DisclosedValue{Commitment: c[:]}
}

var errDisclosure = errors.New("disclosure does not lead to the entry")

// Check recomputes the entry from the disclosed parts.
func (d *Disclosure) Check() error {
	var h hasher
	var f fixedRoots
	var err error
	commitment := func(part string, v DisclosedValue) (c [32]byte, err error) {
		if v.Salt == nil {
			return hash32(v.Commitment)
		}
		salt, err := hash32(v.Salt)
		return h.commit(&salt, part, v.Name, v.Value), err
	}
	list := func(part string, vs []DisclosedValue) ([32]byte, error) {
		var cs [][32]byte
		for _, v := range vs {
			c, err := commitment(part, v)
			if err != nil {
				return c, err
			}
			cs = append(cs, c)
		}
		return h.list(part, cs), nil
	}
	if d.Kind == nil || d.Time == nil {
		return errDisclosure
	}
	if f.kind, err = commitment(partKind, *d.Kind); err != nil {
		return err
	}
	timeSalt, err := hash32(d.Time.Salt)
	if err != nil {
		return err
	}
	if !d.Time.Text.Equal(time.Unix(0, d.Time.Nanoseconds)) {
		return errDisclosure
	}
	timeRoot := h.commit(&timeSalt, partTime, "", timeText(d.Time.Nanoseconds, d.Time.Flags))
	if f.header, err = list(partHeader, d.Header); err != nil {
		return err
	}
	if d.DetailsRoot != nil {
		f.details, err = hash32(d.DetailsRoot)
	} else {
		f.details, err = list(partDetails, d.Details)
	}
	if err != nil {
		return err
	}
	if f.terms, err = hash32(d.Terms); err != nil {
		return err
	}
	if f.sealed, err = hash32(d.Sealed); err != nil {
		return err
	}
	var cs [][32]byte
	for i := range d.Bodies {
		c, cipher, err := d.Bodies[i].check(&h)
		if err != nil {
			return err
		}
		cs = append(cs, c, cipher)
	}
	f.bodies = h.list(partBodies, cs)
	e := entry(h.root(&f, &timeRoot))
	if string(d.Entry) != string(e[:]) {
		return errDisclosure
	}
	return nil
}

// check returns the commitment to a body; when it is disclosed it must fit.
func (b *DisclosedBody) check(h *hasher) (c, cipher [32]byte, err error) {
	if c, err = hash32(b.Commitment); err != nil {
		return c, cipher, err
	}
	if cipher, err = hash32(b.CipherHash); err != nil || b.Salt == nil {
		return c, cipher, err
	}
	salt, err := hash32(b.Salt)
	if err != nil {
		return c, cipher, err
	}
	digest, err := hash32(b.SHA256)
	if err != nil {
		return c, cipher, err
	}
	if h.commit(&salt, partBody, b.Name, bodyText(b.MediaType, b.Size, digest)) != c {
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
	fmt.Fprintf(&b, "log %s, index %d: %s at %s\n", d.Log, d.Index, d.Kind.Value, d.Time.Text.Format(time.RFC3339Nano))
	for _, part := range []struct {
		name   string
		values []DisclosedValue
	}{{partHeader, d.Header}, {partDetails, d.Details}} {
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
