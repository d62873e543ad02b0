package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	// The zones of the ports must be the same on every machine, also one without a zone database.
	_ "time/tzdata"
)

// A form says how the text at one or more positions and the value of an element are one another. Why is not
// empty when the value was changed and not only moved: the report then says converted.
type form interface {
	read(parts []string, zone *time.Location) (value, why string, err error)
	write(value string, zone *time.Location) (parts []string, why string, err error)
}

// newForm finds a form by name: "plate", "head(4)", "prefix(AMNT)".
func newForm(text string, positions int) (form, error) {
	name, arg := text, ""
	if i := strings.IndexByte(text, '('); i > 0 && strings.HasSuffix(text, ")") {
		name, arg = text[:i], text[i+1:len(text)-1]
	}
	want := 1
	var f form
	switch name {
	case "plate":
		f = plateForm{}
	case "head":
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("form head(n): how many characters stand in the first position")
		}
		f, want = headForm(n), 2
	case "word":
		f = wordForm{}
	case "container":
		f, want = containerForm{}, 2
	case "prefix":
		if arg == "" {
			return nil, fmt.Errorf("form prefix(TEXT): which text")
		}
		f = prefixForm(arg)
	case "flag":
		yes, no, ok := strings.Cut(arg, ",")
		if !ok {
			return nil, fmt.Errorf("form flag(Y,N): the codes of true and false")
		}
		f = flagForm{strings.TrimSpace(yes), strings.TrimSpace(no)}
	case "implied":
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 || n > 9 {
			return nil, fmt.Errorf("form implied(n): how many decimals are implied")
		}
		f = impliedForm(n)
	case "date":
		f = timeForm{layouts: []string{"20060102"}, value: time.DateOnly}
	case "time":
		f = timeForm{layouts: []string{"200601021504"}, value: time.RFC3339}
	case "date-time":
		f, want = timeForm{layouts: []string{"20060102", "1504"}, value: time.RFC3339}, 2
	case "day":
		f = timeForm{layouts: []string{"20060102"}, value: time.RFC3339}
	default:
		return nil, fmt.Errorf("form %q is not known", name)
	}
	if positions != want {
		return nil, fmt.Errorf("form %s takes %d positions, not %d", name, want, positions)
	}
	return f, nil
}

// plateForm: agencies want plates without blanks and dashes.
type plateForm struct{}

func (plateForm) read(parts []string, _ *time.Location) (string, string, error) {
	v := strings.ReplaceAll(strings.Join(strings.Fields(parts[0]), ""), "-", "")
	if v != parts[0] {
		return v, "blanks and dashes taken out", nil
	}
	return v, "", nil
}

func (f plateForm) write(v string, z *time.Location) ([]string, string, error) {
	v, why, err := f.read([]string{v}, z)
	return []string{v}, why, err
}

// headForm: one identifier in two positions, the first of fixed length (SCAC and number of an SCN).
type headForm int

func (n headForm) read(parts []string, _ *time.Location) (string, string, error) {
	if len(parts[0]) != int(n) {
		return "", "", fmt.Errorf("the first part has %d characters, not %d", len(parts[0]), int(n))
	}
	return parts[0] + parts[1], "", nil
}

func (n headForm) write(v string, _ *time.Location) ([]string, string, error) {
	if len(v) <= int(n) {
		return nil, "", fmt.Errorf("has %d characters, more than %d are needed", len(v), int(n))
	}
	return []string{v[:n], v[n:]}, "", nil
}

// wordForm: the value is the first word of a text that another binding of the position holds as a whole.
type wordForm struct{}

func (wordForm) read(parts []string, _ *time.Location) (string, string, error) {
	words := strings.Fields(parts[0])
	if len(words) == 0 {
		return "", "", fmt.Errorf("no word")
	}
	return words[0], "", nil
}

func (wordForm) write(v string, _ *time.Location) ([]string, string, error) {
	return []string{v}, "", nil
}

// containerForm: a container number is split into its owner prefix and the rest; other equipment numbers stand
// in the second position alone (ISO 6346: three letters, U J or Z, six digits and the check digit).
type containerForm struct{}

func (containerForm) read(parts []string, _ *time.Location) (string, string, error) {
	return parts[0] + parts[1], "", nil
}

func (containerForm) write(v string, _ *time.Location) ([]string, string, error) {
	if isContainer(v) {
		return []string{v[:4], v[4:]}, "", nil
	}
	return []string{"", v}, "", nil
}

func isContainer(v string) bool {
	if len(v) != 11 || !strings.ContainsRune("UJZ", rune(v[3])) {
		return false
	}
	for i := range v {
		if letter := v[i] >= 'A' && v[i] <= 'Z'; letter != (i < 4) || i >= 4 && (v[i] < '0' || v[i] > '9') {
			return false
		}
	}
	return true
}

// prefixForm: a literal stands before the value in the same position (AMNT100000).
type prefixForm string

func (p prefixForm) read(parts []string, _ *time.Location) (string, string, error) {
	v, ok := strings.CutPrefix(parts[0], string(p))
	if !ok {
		return "", "", fmt.Errorf("does not begin with %s", string(p))
	}
	return v, "", nil
}

func (p prefixForm) write(v string, _ *time.Location) ([]string, string, error) {
	return []string{string(p) + v}, "", nil
}

// flagForm: a code for true and one for false.
type flagForm struct{ yes, no string }

func (f flagForm) read(parts []string, _ *time.Location) (string, string, error) {
	switch parts[0] {
	case f.yes:
		return "true", "", nil
	case f.no:
		return "false", "", nil
	}
	return "", "", fmt.Errorf("neither %s nor %s", f.yes, f.no)
}

func (f flagForm) write(v string, _ *time.Location) ([]string, string, error) {
	if v == "true" {
		return []string{f.yes}, "", nil
	}
	return []string{f.no}, "", nil
}

// impliedForm: the decimal point is not written (X12 types N1 to N9).
type impliedForm int

func (n impliedForm) read(parts []string, _ *time.Location) (string, string, error) {
	v := parts[0]
	sign := ""
	if strings.HasPrefix(v, "-") {
		sign, v = "-", v[1:]
	}
	for len(v) <= int(n) {
		v = "0" + v
	}
	whole, part := v[:len(v)-int(n)], strings.TrimRight(v[len(v)-int(n):], "0")
	if part != "" {
		whole += "." + part
	}
	return sign + whole, "", nil
}

func (n impliedForm) write(v string, _ *time.Location) ([]string, string, error) {
	whole, part, _ := strings.Cut(v, ".")
	if len(part) > int(n) {
		return nil, "", fmt.Errorf("has %d decimals, at most %d", len(part), int(n))
	}
	out := strings.TrimLeft(whole+part+strings.Repeat("0", int(n)-len(part)), "0")
	if out == "" {
		out = "0"
	}
	return []string{out}, "", nil
}

// timeForm: dates and times. A wire has local digits, the record UTC; the zone is that of the port or of the
// guide. Dates without a time of day have no zone.
type timeForm struct {
	layouts []string
	value   string
}

func (f timeForm) read(parts []string, zone *time.Location) (string, string, error) {
	for _, p := range parts {
		if p == "" {
			return "", "", fmt.Errorf("a part of the time is absent")
		}
	}
	text, layout := strings.Join(parts, ""), strings.Join(f.layouts, "")
	if len(text) > len(layout) && strings.HasSuffix(layout, "1504") {
		layout += "05" // X12 times may carry seconds, EDIFACT format 204 as well
	}
	if f.value == time.DateOnly {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		return "", "", fmt.Errorf("not a time of the form %s", layout)
	}
	if f.value == time.DateOnly {
		return t.Format(f.value), "", nil
	}
	return t.UTC().Format(f.value), "", nil
}

func (f timeForm) write(v string, zone *time.Location) ([]string, string, error) {
	t, err := time.Parse(f.value, v)
	if err != nil {
		return nil, "", fmt.Errorf("not a time")
	}
	if f.value != time.DateOnly {
		t = t.In(zone)
	}
	why := ""
	if last := f.layouts[len(f.layouts)-1]; f.value == time.RFC3339 {
		switch {
		case last == "20060102" && t.Format("150405") != "000000":
			why = "the time of day is left out"
		case t.Second() != 0 || t.Nanosecond() != 0:
			why = "seconds are left out"
		}
	}
	var out []string
	for _, l := range f.layouts {
		out = append(out, t.Format(l))
	}
	return out, why, nil
}
