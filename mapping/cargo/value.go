package cargo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of one value, in bytes. Texts are long where a notice or a description is; codes and numbers never are.
const (
	maxText = 64 << 10
	maxID   = 256
	maxCode = 128
)

// A ValueError says why a value is none of its element. It never holds the value.
type ValueError struct {
	Path Path
	Code string // row of findings.csv: mapping.value-malformed …
	Rule string // what a right value is
}

func (e *ValueError) Error() string { return fmt.Sprintf("%s: %s", e.Path, e.Rule) }

// Normalise gives the canonical text form of a value of e, or a *[ValueError].
// It never guesses: only what means the same in another spelling changes (a zone, leading zeros, upper-case hexadecimal).
func (e *Element) Normalise(value string) (string, error) {
	if value == "" {
		return "", e.wrong(codeValueEmpty, "a value, or no member at all")
	}
	switch e.Type {
	case "text":
		return e.text(value)
	case "code", "id":
		return e.coded(value)
	case "int":
		return e.number(value, false)
	case "decimal":
		return e.number(value, true)
	case "bool":
		if value == "true" || value == "false" {
			return value, nil
		}
		return "", e.wrong(codeValueMalformed, "true or false")
	case "date":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return "", e.wrong(codeValueMalformed, "a date as in RFC 3339: 2026-11-21")
		}
		return value, nil
	case "time":
		return e.time(value)
	case "uuid":
		return e.uuid(value)
	case "hash":
		return e.hash(value)
	}
	return "", e.wrong(codeTypeWrong, "a group, which has members and no value")
}

func (e *Element) wrong(code, rule string) error {
	return &ValueError{Path: e.Path, Code: code, Rule: rule}
}

func (e *Element) text(v string) (string, error) {
	if len(v) > maxText {
		return "", e.wrong(codeValueTooLong, fmt.Sprintf("at most %d bytes", maxText))
	}
	blank := true
	for i, r := range v {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(v[i:]); size == 1 {
				return "", e.wrong(codeValueMalformed, "UTF-8")
			}
		}
		if unicode.IsControl(r) && r != '\n' {
			return "", e.wrong(codeValueMalformed, "no control characters but the line feed")
		}
		blank = blank && unicode.IsSpace(r)
	}
	if blank {
		return "", e.wrong(codeValueEmpty, "more than blanks")
	}
	return v, nil
}

// coded is a code or an identifier: printable, no blanks around it, from one of the element's lists.
func (e *Element) coded(v string) (string, error) {
	limit := maxID
	if e.Type == "code" {
		limit = maxCode
	}
	if len(v) > limit {
		return "", e.wrong(codeValueTooLong, fmt.Sprintf("at most %d bytes", limit))
	}
	if !utf8.ValidString(v) || strings.TrimSpace(v) != v || strings.ContainsFunc(v, unicode.IsControl) {
		return "", e.wrong(codeValueMalformed, "printable, without blanks around it")
	}
	if len(e.lists) == 0 {
		return v, nil
	}
	return e.listed(v)
}

// maxWhole and maxFraction bound the digits of a number, before and after the point. Eighteen digits fit an int64.
const (
	maxWhole    = 18
	maxFraction = 12
)

func (e *Element) number(v string, fraction bool) (string, error) {
	rule := "a whole number of at most 18 digits"
	if fraction {
		rule = "a number in plain digits, at most 18 before the point and 12 after it"
	}
	digits, sign := v, ""
	if strings.HasPrefix(v, "-") {
		digits, sign = v[1:], "-"
	}
	whole, frac, point := strings.Cut(digits, ".")
	if point && (!fraction || frac == "") || whole == "" || strings.Trim(whole+frac, "0123456789") != "" {
		return "", e.wrong(codeValueMalformed, rule)
	}
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	if len(whole) > maxWhole || len(frac) > maxFraction {
		return "", e.wrong(codeValueTooLong, rule)
	}
	if whole == "" {
		whole = "0"
	}
	if frac != "" {
		return sign + whole + "." + frac, nil
	}
	if whole == "0" {
		sign = "" // RFC 8785 section 3.2.2.3 writes minus zero as 0, and so do we
	}
	return sign + whole, nil
}

// time is RFC 3339 with a zone; the canonical form is in UTC, without zeros at the end of a fraction.
func (e *Element) time(v string) (string, error) {
	// time.Parse alone also takes a comma for the point, an hour of one digit and zones of 24 hours or 60 minutes, which
	// RFC 3339 does not.
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil || v[13] != ':' || strings.Contains(v, ",") || !isZone(v) {
		return "", e.wrong(codeValueMalformed, "a time with its zone as in RFC 3339: 2026-11-21T20:33:00Z")
	}
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return "", e.wrong(codeValueMalformed, "a time of the years 1 to 9999 in UTC")
	}
	return t.Format(time.RFC3339Nano), nil
}

// isZone says whether a time ends with Z or with a zone below a whole day.
func isZone(v string) bool {
	return strings.HasSuffix(v, "Z") || v[len(v)-5:len(v)-3] < "24" && v[len(v)-2:] < "60"
}

// uuid is the text form of RFC 9562 section 4, in lower case.
func (e *Element) uuid(v string) (string, error) {
	low := strings.ToLower(v)
	ok := len(low) == 36 && low[8] == '-' && low[13] == '-' && low[18] == '-' && low[23] == '-'
	if !ok || strings.Trim(strings.ReplaceAll(low, "-", ""), hexDigits) != "" || strings.Count(low, "-") != 4 {
		return "", e.wrong(codeValueMalformed, "a UUID as in RFC 9562 section 4")
	}
	return low, nil
}

// hash names its algorithm: sha256: and the digest in hexadecimal.
func (e *Element) hash(v string) (string, error) {
	algorithm, digest, _ := strings.Cut(v, ":")
	size := map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}[algorithm]
	low := strings.ToLower(digest)
	if size == 0 || len(low) != size || strings.Trim(low, hexDigits) != "" {
		return "", e.wrong(codeValueMalformed, "sha256: and 64 hexadecimal digits (or sha384, sha512)")
	}
	return algorithm + ":" + low, nil
}

// Int is a canonical int as a number.
func Int(v string) (int64, bool) {
	n, err := strconv.ParseInt(v, 10, 64)
	return n, err == nil
}

// Time is a canonical time as an instant.
func Time(v string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, v)
	return t, err == nil
}

// TimeText is the canonical text of an instant.
func TimeText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
