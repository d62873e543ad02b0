package agreement

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"peacebridge/mapping/cargo"
)

// The methods of masking, from the widest to the narrowest. The table methods.csv has the same order; a test holds them together.
const (
	methodFull       = "full"
	methodGeneralise = "generalise"
	methodPseudonym  = "pseudonym"
	methodHash       = "hash"
	methodYesNo      = "yes-no"
	methodRedact     = "redact"
)

// Ranks of the two methods that decisions compare with.
const (
	rankFull      = 0
	rankPseudonym = 2
)

// Forms of masked values. They are plain capital letters, digits and a hyphen, so that every character set of both EDI syntaxes carries them.
const (
	pseudonymPrefix = "PSN-"
	yes             = "YES"
	redacted        = "REDACTED"
)

// narrowness is the rank of a method: the higher beats the lower.
func narrowness(method string) int {
	return slices.IndexFunc(vocabulary().methods, func(t term) bool { return t.id == method })
}

// maskable reports a pattern whose elements cannot all hold a value masked by the method.
func (r *reader) maskable(w word, method string) {
	p, err := readPattern(w.text)
	if err != nil {
		return // reported when the pattern was read
	}
	for e := range p.elements(cargo.Dictionary()) {
		if !canMask(e, method) {
			r.add("agreement.method-not-possible", w.node, w.path, "%s cannot be masked by %s: it is of type %s", e.Path, method, e.Type)
			return
		}
	}
}

func canMask(e *cargo.Element, method string) bool {
	t, found := find(vocabulary().methods, method)
	if !found {
		return false
	}
	if method == methodGeneralise && e.Type == "text" {
		return strings.HasSuffix(string(e.Path), ".postalCode")
	}
	return t.extra[0] == "*" || slices.Contains(strings.Split(t.extra[0], ";"), e.Type)
}

// mask returns a value in masked form. A value that names its identifier scheme keeps it. It reports false when the element could not hold the
// result, and an empty value when no pseudonym can be made here.
func mask(method string, e *cargo.Element, value string, pseudonym func(path, value string) string) (string, bool) {
	scheme, bare := split(e, value)
	var masked string
	switch method {
	case methodFull:
		return value, true
	case methodGeneralise:
		masked = generalise(e, bare)
	case methodPseudonym:
		if pseudonym == nil {
			return "", true
		}
		masked = pseudonym(string(e.Path), bare)
		if !strings.HasPrefix(masked, pseudonymPrefix) {
			masked = pseudonymPrefix + masked
		}
	case methodHash:
		sum := sha256.Sum256([]byte(bare))
		masked = "sha256:" + hex.EncodeToString(sum[:])
	case methodYesNo:
		if masked = yes; e.Type == "bool" {
			masked = bare
		}
	default:
		masked = redacted
	}
	canonical, err := e.Normalise(scheme + masked)
	return canonical, err == nil
}

// masked reports whether a value already has the form that the method gives. A receiver cannot mask again, only check.
func masked(method string, e *cargo.Element, value string) bool {
	_, bare := split(e, value)
	switch method {
	case methodFull:
		return true
	case methodGeneralise:
		return generalise(e, bare) == bare
	case methodPseudonym:
		return strings.HasPrefix(bare, pseudonymPrefix)
	case methodHash:
		return strings.HasPrefix(bare, "sha256:") && len(bare) == len("sha256:")+hex.EncodedLen(sha256.Size)
	case methodYesNo:
		return bare == yes || e.Type == "bool"
	}
	return bare == redacted
}

// split parts a value from the identifier scheme that it names.
func split(e *cargo.Element, value string) (scheme, bare string) {
	if list, rest, found := strings.Cut(value, ":"); found && slices.Contains(e.Lists, list) {
		return list + ":", rest
	}
	return "", value
}

// generalise is idempotent: a postal code to its first three characters (a Canadian forward sortation area, a US sectional centre), a time to its
// day, a date to its year, a number to its leading digit.
func generalise(e *cargo.Element, value string) string {
	switch e.Type {
	case "time":
		if len(value) >= len("2006-01-02") {
			return value[:len("2006-01-02")] + "T00:00:00Z"
		}
	case "date":
		if len(value) >= len("2006") {
			return value[:len("2006")] + "-01-01"
		}
	case "int", "decimal":
		return leadingDigit(value)
	case "text":
		if r := []rune(strings.ReplaceAll(value, " ", "")); len(r) > 3 {
			return string(r[:3])
		}
	}
	return value
}

func leadingDigit(value string) string {
	whole, _, _ := strings.Cut(value, ".")
	sign := ""
	if rest, negative := strings.CutPrefix(whole, "-"); negative {
		sign, whole = "-", rest
	}
	if whole == "" || whole == "0" {
		return "0"
	}
	return sign + whole[:1] + strings.Repeat("0", len(whole)-1)
}

// NewPseudonym returns the function that makes pseudonyms under one agreement in one year, from a key that both sides of the relation hold. The
// same party gets the same pseudonym on both sides and in every role; last year's cannot be joined with this year's, nor those of another
// agreement. It is an HMAC-SHA-256 cut to 100 bits.
func NewPseudonym(key []byte, agreement string, year int) func(path, value string) string {
	return func(path, value string) string {
		kind := path[strings.LastIndexByte(path, '.')+1:]
		value = strings.ToUpper(strings.Join(strings.Fields(value), " "))
		h := hmac.New(sha256.New, key)
		for _, part := range [...]string{"peacebridge pseudonym", agreement, fmt.Sprint(year), kind, value} {
			fmt.Fprintf(h, "%d:%s", len(part), part)
		}
		return pseudonymPrefix + base32.StdEncoding.EncodeToString(h.Sum(nil))[:20]
	}
}
