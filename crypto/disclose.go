package crypto

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// place is where a digest stands in a payload: the object that holds it in _sd, or the element of an array that it
// stands for.
type place struct {
	at      value
	element bool
}

// digestsIn finds every digest of a payload and checks the form that RFC 9901 section 7.1 asks for: _sd is a list of
// digests, "..." stands alone in an element of an array, _sd_alg only at the top, and no digest stands twice.
func digestsIn(payload value, top bool) (map[string]place, error) {
	var f finder
	if alg, ok := payload.get(sdAlgName); ok && (alg.kind() != kindString || alg.text() != sdAlg) {
		return nil, fmt.Errorf("%s: not %s", sdAlgName, sdAlg)
	}
	err := f.value(payload, top)
	return f.found, err
}

type finder struct {
	found map[string]place // made when there is one
}

func (f *finder) value(v value, top bool) error {
	switch v.kind() {
	case kindObject:
		return f.object(v, top)
	case kindArray:
		for _, item := range v.children() {
			digest, ok := item.get(sdElement)
			if !ok {
				if err := f.value(item, false); err != nil {
					return err
				}
				continue
			}
			if item.count() != 1 {
				return fmt.Errorf("%q: not alone", sdElement)
			}
			if err := f.add(digest, place{item, true}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) object(v value, top bool) error {
	for _, m := range v.children() {
		switch {
		case m.named(sdDigests):
			if m.kind() != kindArray || m.count() == 0 {
				return fmt.Errorf("%s: not a list of digests", sdDigests)
			}
			for _, digest := range m.children() {
				if err := f.add(digest, place{v, false}); err != nil {
					return err
				}
			}
		case m.named(sdElement):
			return fmt.Errorf("%q: outside an array", sdElement)
		case m.named(sdAlgName) && !top:
			return fmt.Errorf("%s: not at the top", sdAlgName)
		default:
			if err := f.value(m, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) add(v value, p place) error {
	if v.kind() != kindString {
		return errors.New("digest is not a text")
	}
	digest := v.text()
	if len(digest) != digestSize || !canonical(digest) {
		return errors.New("digest is not a SHA-256 in base64url")
	}
	if _, twice := f.found[digest]; twice {
		return errors.New("digest stands twice")
	}
	if f.found == nil {
		f.found = map[string]place{}
	}
	f.found[digest] = p
	return nil
}

// pointerTo is the JSON pointer of a value in its document: the way down to it from the top.
func pointerTo(target value) string {
	pointer := ""
	for v := (value{target.doc, 0}); v.at != target.at; {
		for i, child := range v.children() {
			if target.at >= child.node().next {
				continue
			}
			if v.kind() == kindArray {
				pointer = joinPointer(pointer, strconv.Itoa(i))
			} else {
				pointer = joinPointer(pointer, child.name())
			}
			v = child
			break
		}
	}
	return pointer
}

// Strip returns the record without digests, as its reader sees it, and how many values are concealed. Nothing else
// changes: a group of which every member is concealed stays, empty (RFC 9901 section 7.1).
func Strip(payload []byte) (record []byte, concealed int, err error) {
	v, found, err := readPayload(payload)
	if err != nil {
		return nil, 0, err
	}
	if _, ok := v.get(sdAlgName); !ok && len(found) == 0 {
		return bytes.Clone(v.raw()), 0, nil
	}
	var out bytes.Buffer
	out.Grow(len(payload))
	strip(&out, v)
	return out.Bytes(), len(found), nil
}

func readPayload(payload []byte) (value, map[string]place, error) {
	const subject = "record"
	if len(payload) > MaxRecord {
		return value{}, nil, refuse(subject, false, tooLong(len(payload), MaxRecord))
	}
	v, err := parseJSON(payload)
	if err != nil {
		return value{}, nil, refuse(subject, false, fail(RecordInvalid, "%w", err))
	}
	if v.kind() != kindObject {
		return value{}, nil, refuse(subject, false, fail(RecordInvalid, "not an object"))
	}
	found, err := digestsIn(v, true)
	if err != nil {
		return value{}, nil, refuse(subject, false, fail(RecordInvalid, "%w", err))
	}
	return v, found, nil
}

func strip(out *bytes.Buffer, v value) {
	first := true
	next := func() {
		if !first {
			out.WriteByte(',')
		}
		first = false
	}
	switch v.kind() {
	case kindObject:
		out.WriteByte('{')
		for _, m := range v.children() {
			if !m.named(sdDigests) && !m.named(sdAlgName) {
				next()
				out.Write(m.token())
				out.WriteByte(':')
				strip(out, m)
			}
		}
		out.WriteByte('}')
	case kindArray:
		out.WriteByte('[')
		for _, item := range v.children() {
			if _, hidden := item.get(sdElement); !hidden {
				next()
				strip(out, item)
			}
		}
		out.WriteByte(']')
	default:
		out.Write(v.raw())
	}
}

// CheckDisclosure says which value a disclosure reveals in a signed record, and where it stood. It is refused unless its
// digest stands in the payload, in the kind of place that its form belongs to (RFC 9901 section 7.1). The payload must come
// from a verified envelope; only then does the answer say what was signed at the time.
func CheckDisclosure(payload []byte, encoded string) (pointer string, value json.RawMessage, err error) {
	const subject = "disclosure"
	_, found, err := readPayload(payload)
	if err != nil {
		return "", nil, err
	}
	d, err := readDisclosure(encoded)
	if err != nil {
		return "", nil, refuse(subject, false, err)
	}
	p, ok := found[digestOf(encoded)]
	if !ok || p.element != d.element {
		return "", nil, refuse(subject, false, fail(DisclosureUnsigned, "no such digest in its place"))
	}
	if d.element {
		return pointerTo(p.at), d.value, nil
	}
	if _, taken := p.at.get(d.name); taken {
		return "", nil, refuse(subject, false, fail(DisclosureUnsigned, "the record has a member of that name"))
	}
	return joinPointer(pointerTo(p.at), d.name), d.value, nil
}

// revealed is what a disclosure says: a member's name and value, or the value of an element of an array.
type revealed struct {
	element bool
	name    string
	value   json.RawMessage
}

// readDisclosure reads the two forms of RFC 9901 sections 4.2.1 and 4.2.2.
func readDisclosure(encoded string) (revealed, error) {
	if len(encoded) > base64.RawURLEncoding.EncodedLen(MaxRecord) {
		return revealed{}, tooLong(len(encoded), base64.RawURLEncoding.EncodedLen(MaxRecord))
	}
	if !canonical(encoded) {
		return revealed{}, fail(DisclosureInvalid, "not canonical base64url")
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return revealed{}, fail(DisclosureInvalid, "%w", err)
	}
	list, err := parseJSON(raw)
	if err != nil {
		return revealed{}, fail(DisclosureInvalid, "%w", err)
	}
	var parts []value
	for i, part := range list.children() {
		if i == 3 {
			break
		}
		parts = append(parts, part)
	}
	n := list.count()
	if list.kind() != kindArray || n < 2 || n > 3 || parts[0].kind() != kindString {
		return revealed{}, fail(DisclosureInvalid, "not salt, name and value, nor salt and value")
	}
	last := parts[n-1]
	if inside, err := digestsIn(last, false); err != nil || len(inside) > 0 {
		return revealed{}, fail(DisclosureInvalid, "conceals further values")
	}
	d := revealed{element: n == 2, value: bytes.Clone(last.raw())}
	if d.element {
		return d, nil
	}
	if parts[1].kind() != kindString {
		return revealed{}, fail(DisclosureInvalid, "name is not a text")
	}
	if d.name = parts[1].text(); d.name == sdDigests || d.name == sdElement || d.name == sdAlgName {
		return revealed{}, fail(DisclosureInvalid, "name is reserved")
	}
	return d, nil
}
