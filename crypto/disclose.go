package crypto

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// place is where a digest stands in a payload.
type place struct {
	pointer string // of the object that holds _sd, or of the element
	object  *value // that holds _sd; nil for an element of an array
}

// digestsIn finds every digest of a payload and checks the form that RFC 9901 section 7.1 asks for: _sd is a list of
// digests, "..." stands alone in an element of an array, _sd_alg only at the top, and no digest stands twice.
func digestsIn(payload *value, top bool) (map[string]place, error) {
	f := finder{found: map[string]place{}}
	if alg, ok := payload.get(sdAlgName); ok && (alg.kind != kindString || alg.text != sdAlg) {
		return nil, fmt.Errorf("%s: not %s", sdAlgName, sdAlg)
	}
	err := f.value(payload, nil, top)
	return f.found, err
}

type finder struct {
	found map[string]place
}

// trail is a pointer that is written out only where a digest is found: most payloads have far more values than digests.
type trail struct {
	up    *trail
	name  string
	index int // of an array, when name is empty and item is true
	item  bool
}

func (t *trail) pointer() string {
	if t == nil {
		return ""
	}
	if t.item {
		return joinPointer(t.up.pointer(), fmt.Sprint(t.index))
	}
	return joinPointer(t.up.pointer(), t.name)
}

func (f *finder) value(v *value, at *trail, top bool) error {
	switch v.kind {
	case kindObject:
		return f.object(v, at, top)
	case kindArray:
		for i := range v.items {
			here := trail{up: at, index: i, item: true}
			if digest, ok := v.items[i].get(sdElement); ok {
				if len(v.items[i].members) != 1 || digest.kind != kindString {
					return fmt.Errorf("%q: not alone with a digest", sdElement)
				}
				if err := f.add(digest.text, place{here.pointer(), nil}); err != nil {
					return err
				}
				continue
			}
			if err := f.value(&v.items[i], &here, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) object(v *value, at *trail, top bool) error {
	for i := range v.members {
		m := &v.members[i]
		switch {
		case m.name == sdDigests:
			if m.value.kind != kindArray || len(m.value.items) == 0 {
				return fmt.Errorf("%s: not a list of digests", sdDigests)
			}
			for j := range m.value.items {
				item := &m.value.items[j]
				if item.kind != kindString {
					return fmt.Errorf("%s: entry is not a digest", sdDigests)
				}
				if err := f.add(item.text, place{at.pointer(), v}); err != nil {
					return err
				}
			}
		case m.name == sdElement:
			return fmt.Errorf("%q: outside an array", sdElement)
		case m.name == sdAlgName && !top:
			return fmt.Errorf("%s: not at the top", sdAlgName)
		default:
			if err := f.value(&m.value, &trail{up: at, name: m.name}, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) add(digest string, p place) error {
	if len(digest) != digestSize || !canonical(digest) {
		return errors.New("digest is not a SHA-256 in base64url")
	}
	if _, twice := f.found[digest]; twice {
		return errors.New("digest stands twice")
	}
	f.found[digest] = p
	return nil
}

// Strip returns the record without digests, as its reader sees it, and how many values are concealed. Nothing else
// changes: a group of which every member is concealed stays, empty (RFC 9901 section 7.1).
func Strip(payload []byte) (record []byte, concealed int, err error) {
	v, found, err := readPayload(payload)
	if err != nil {
		return nil, 0, err
	}
	if _, ok := v.get(sdAlgName); !ok && len(found) == 0 {
		return bytes.Clone(v.raw), 0, nil
	}
	var out bytes.Buffer
	strip(&out, v)
	return out.Bytes(), len(found), nil
}

func readPayload(payload []byte) (*value, map[string]place, error) {
	const subject = "record"
	if len(payload) > MaxRecord {
		return nil, nil, refuse(subject, false, fail(TooLarge, "%d bytes, at most %d", len(payload), MaxRecord))
	}
	v, err := parseJSON(payload)
	if err != nil {
		return nil, nil, refuse(subject, false, fail(RecordInvalid, "%w", err))
	}
	if v.kind != kindObject {
		return nil, nil, refuse(subject, false, fail(RecordInvalid, "not an object"))
	}
	found, err := digestsIn(v, true)
	if err != nil {
		return nil, nil, refuse(subject, false, fail(RecordInvalid, "%w", err))
	}
	return v, found, nil
}

func strip(out *bytes.Buffer, v *value) {
	first := true
	next := func() {
		if !first {
			out.WriteByte(',')
		}
		first = false
	}
	switch v.kind {
	case kindObject:
		out.WriteByte('{')
		for i := range v.members {
			if m := &v.members[i]; m.name != sdDigests && m.name != sdAlgName {
				next()
				out.Write(m.token)
				out.WriteByte(':')
				strip(out, &m.value)
			}
		}
		out.WriteByte('}')
	case kindArray:
		out.WriteByte('[')
		for i := range v.items {
			if _, hidden := v.items[i].get(sdElement); !hidden {
				next()
				strip(out, &v.items[i])
			}
		}
		out.WriteByte(']')
	default:
		out.Write(v.raw)
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
	name, v, err := readDisclosure(encoded)
	if err != nil {
		return "", nil, refuse(subject, false, err)
	}
	at, ok := found[digestOf(encoded)]
	if !ok || (at.object == nil) != (name == nil) {
		return "", nil, refuse(subject, false, fail(DisclosureUnsigned, "no such digest in its place"))
	}
	if name == nil {
		return at.pointer, bytes.Clone(v.raw), nil
	}
	if _, taken := at.object.get(name.text); taken {
		return "", nil, refuse(subject, false, fail(DisclosureUnsigned, "the record has a member of that name"))
	}
	return joinPointer(at.pointer, name.text), bytes.Clone(v.raw), nil
}

// readDisclosure returns the name, nil for an element of an array, and the value (RFC 9901 section 4.2.1 and 4.2.2).
func readDisclosure(encoded string) (name, v *value, err error) {
	if len(encoded) > base64.RawURLEncoding.EncodedLen(MaxRecord) {
		return nil, nil, fail(TooLarge, "%d characters", len(encoded))
	}
	if !canonical(encoded) {
		return nil, nil, fail(DisclosureInvalid, "not canonical base64url")
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, nil, fail(DisclosureInvalid, "%w", err)
	}
	list, err := parseJSON(raw)
	if err != nil {
		return nil, nil, fail(DisclosureInvalid, "%w", err)
	}
	n := len(list.items)
	if list.kind != kindArray || n < 2 || n > 3 || list.items[0].kind != kindString {
		return nil, nil, fail(DisclosureInvalid, "not salt, name and value, nor salt and value")
	}
	v = &list.items[n-1]
	if inside, err := digestsIn(v, false); err != nil || len(inside) > 0 {
		return nil, nil, fail(DisclosureInvalid, "conceals further values")
	}
	if n == 2 {
		return nil, v, nil
	}
	name = &list.items[1]
	if name.kind != kindString || name.text == sdDigests || name.text == sdElement {
		return nil, nil, fail(DisclosureInvalid, "name is not a text, or reserved")
	}
	return name, v, nil
}
