package crypto

import (
	"fmt"
	"strconv"
	"unicode"
)

// object reads the members of a closed JSON object: each one by name and type, and at the end nothing may be left over.
// The first thing that is wrong stays; after it every read returns the zero value.
type object struct {
	v    value
	read int
	err  error
}

type need bool

const (
	must need = true  // absent is an error
	may  need = false // absent is the zero value
)

func objectOf(v value) *object {
	o := &object{v: v}
	if v.kind() != kindObject {
		o.err = fmt.Errorf("not an object")
	}
	return o
}

func (o *object) fail(name, what string) {
	if o.err == nil {
		o.err = fmt.Errorf("%s: %s", name, what)
	}
}

func (o *object) member(name string, k kind, n need) (value, bool) {
	if o.err != nil {
		return value{}, false
	}
	v, ok := o.v.get(name)
	if !ok {
		if n == must {
			o.fail(name, "missing")
		}
		return value{}, false
	}
	o.read++
	if v.kind() != k {
		o.fail(name, "of another type")
		return value{}, false
	}
	return v, true
}

// text reads a bounded string that is not empty. Control characters have no place in a claim.
func (o *object) text(name string, n need) string {
	v, ok := o.member(name, kindString, n)
	if !ok {
		return ""
	}
	text := v.text()
	if err := checkText(text); err != nil {
		o.fail(name, err.Error())
		return ""
	}
	return text
}

func checkText(s string) error {
	if s == "" {
		return fmt.Errorf("empty")
	}
	if len(s) > maxText {
		return fmt.Errorf("%d bytes, at most %d", len(s), maxText)
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return fmt.Errorf("control character or not UTF-8")
		}
	}
	return nil
}

// number reads a whole number that is not negative and that every JSON reader reads alike (RFC 8259 section 6).
func (o *object) number(name string, n need) int64 {
	v, ok := o.member(name, kindNumber, n)
	if !ok {
		return 0
	}
	i, err := strconv.ParseUint(string(v.raw()), 10, 53)
	if err != nil {
		o.fail(name, "not a whole number below 2^53")
		return 0
	}
	return int64(i)
}

func (o *object) list(name string, n need) []string {
	v, ok := o.member(name, kindArray, n)
	if !ok {
		return nil
	}
	var list []string
	for i, item := range v.children() {
		if i == maxList {
			o.fail(name, "too many entries")
			return nil
		}
		if item.kind() != kindString || checkText(item.text()) != nil {
			o.fail(name, "entry is not a text")
			return nil
		}
		list = append(list, item.text())
	}
	return list
}

// end says what was wrong first, or that a member was not expected.
func (o *object) end() error {
	if o.err == nil && o.read != o.v.count() {
		o.err = fmt.Errorf("member that is not known")
	}
	return o.err
}
