package crypto

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// The names that SD-JWT reserves (RFC 9901 sections 4.1 and 4.2.4).
const (
	sdDigests = "_sd"
	sdElement = "..."
	sdAlgName = "_sd_alg"
	sdAlg     = "sha-256"
)

const (
	saltSize   = 16 // bytes: 128 bits, RFC 9901 section 9.3
	digestSize = 43 // characters of a SHA-256 in base64url
)

// Disclosure reveals one concealed value to whoever holds the signed record. It is as secret as the value.
type Disclosure struct {
	Pointer string // where the value stood in the record (RFC 6901)
	Encoded string // base64url of ["salt", "name", value], or ["salt", value] for an element of an array
}

// Digest is what stands in the signed record in the value's place (RFC 9901 section 4.2.3).
func (d Disclosure) Digest() string { return digestOf(d.Encoded) }

func digestOf(encoded string) string {
	sum := sha256.Sum256([]byte(encoded))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Conceal takes the values at the pointers out of a record, a JSON object, and leaves their salted digests (RFC 9901
// section 4.2): in a sorted _sd of the object that had the member, or in the place of an element of an array. The rest of
// the record stays as it is, byte for byte. A pointer may name a whole group; pointers inside one another are refused.
//
// The disclosures come in the order of the pointers. rnd nil is the system's randomness; give another only in tests:
// a salt that can be guessed gives the value away. The payload shows how many values were concealed, and where.
func Conceal(record []byte, pointers []string, rnd io.Reader) (payload []byte, disclosures []Disclosure, err error) {
	if rnd == nil {
		rnd = rand.Reader
	}
	if len(record) > MaxRecord {
		return nil, nil, fmt.Errorf("conceal: record of %d bytes, at most %d", len(record), MaxRecord)
	}
	v, err := parseJSON(record)
	if err != nil {
		return nil, nil, fmt.Errorf("conceal: %w", err)
	}
	if v.kind() != kindObject {
		return nil, nil, errors.New("conceal: record is not an object")
	}
	if n, err := digestsIn(v, true); err != nil || len(n) > 0 {
		return nil, nil, errors.New("conceal: record has reserved names or digests already")
	}
	root := &cut{}
	for i, p := range pointers {
		if err := root.add(p, i); err != nil {
			return nil, nil, fmt.Errorf("conceal: pointer %d: %w", i+1, err)
		}
	}
	w := concealer{disclosures: make([]Disclosure, len(pointers)), pointers: pointers, salts: make([]string, len(pointers))}
	for i := range w.salts {
		var salt [saltSize]byte
		if _, err := io.ReadFull(rnd, salt[:]); err != nil {
			return nil, nil, fmt.Errorf("conceal: salt: %w", err)
		}
		w.salts[i] = base64.RawURLEncoding.EncodeToString(salt[:])
	}
	if err := w.value(v, root); err != nil {
		return nil, nil, fmt.Errorf("conceal: %w", err)
	}
	return w.out.Bytes(), w.disclosures, nil
}

// cut is a tree of the pointers: which members below a value are touched, and which are taken out.
type cut struct {
	below map[string]*cut
	at    int // 1 + index of the pointer that ends here; 0 is none
}

func (c *cut) add(pointer string, i int) error {
	tokens, err := splitPointer(pointer)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if c.at != 0 {
			return fmt.Errorf("%w: inside another", errPointer)
		}
		if c.below == nil {
			c.below = map[string]*cut{}
		}
		if c.below[t] == nil {
			c.below[t] = &cut{}
		}
		c = c.below[t]
	}
	if c.at != 0 || c.below != nil {
		return fmt.Errorf("%w: given twice or around another", errPointer)
	}
	c.at = i + 1
	return nil
}

type concealer struct {
	out         bytes.Buffer
	pointers    []string
	salts       []string
	disclosures []Disclosure
}

func (w *concealer) value(v value, c *cut) error {
	if c == nil {
		w.out.Write(v.raw())
		return nil
	}
	switch v.kind() {
	case kindObject:
		return w.object(v, c)
	case kindArray:
		return w.array(v, c)
	}
	return fmt.Errorf("%w: goes on below a plain value", errPointer)
}

func (w *concealer) object(v value, c *cut) error {
	var digests []string
	left := len(c.below)
	w.out.WriteByte('{')
	first := true
	for _, m := range v.children() {
		below := c.below[m.name()]
		if below != nil {
			left--
			if below.at != 0 {
				digests = append(digests, w.take(below, m.token(), m.raw()))
				continue
			}
		}
		if !first {
			w.out.WriteByte(',')
		}
		first = false
		w.out.Write(m.token())
		w.out.WriteByte(':')
		if err := w.value(m, below); err != nil {
			return err
		}
	}
	if left > 0 {
		return fmt.Errorf("%w: names nothing in the record", errPointer)
	}
	if len(digests) > 0 {
		slices.Sort(digests) // the order must not show which was which (RFC 9901 section 4.2.4.1)
		b, err := json.Marshal(digests)
		if err != nil {
			return err
		}
		if !first {
			w.out.WriteByte(',')
		}
		w.out.WriteString(`"` + sdDigests + `":`)
		w.out.Write(b)
	}
	w.out.WriteByte('}')
	return nil
}

func (w *concealer) array(v value, c *cut) error {
	touched := make(map[int]*cut, len(c.below))
	n := v.count()
	for token, below := range c.below {
		i, err := index(token, n)
		if err != nil {
			return err
		}
		touched[i] = below
	}
	w.out.WriteByte('[')
	for i, item := range v.children() {
		if i > 0 {
			w.out.WriteByte(',')
		}
		below := touched[i]
		if below != nil && below.at != 0 {
			w.out.WriteString(`{"` + sdElement + `":"` + w.take(below, nil, item.raw()) + `"}`)
			continue
		}
		if err := w.value(item, below); err != nil {
			return err
		}
	}
	w.out.WriteByte(']')
	return nil
}

// take writes the disclosure of a value that leaves the record and returns its digest.
func (w *concealer) take(c *cut, name, raw []byte) string {
	i := c.at - 1
	var b bytes.Buffer
	b.WriteString(`["` + w.salts[i] + `", `)
	if name != nil {
		b.Write(name)
		b.WriteString(", ")
	}
	b.Write(raw)
	b.WriteByte(']')
	w.disclosures[i] = Disclosure{w.pointers[i], base64.RawURLEncoding.EncodeToString(b.Bytes())}
	return w.disclosures[i].Digest()
}
