package mapping

import (
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"

	"peacebridge/edi"
)

// characters says which characters a guide's documents may hold: folding accents, upper case, and the rest
// replaced by a blank.
type characters struct {
	upper   bool
	allowed string // besides letters and digits; "" allows everything
	latin   bool   // letters beyond A to Z are kept
}

// sets of characters that guides name in "text".
var characterSets = map[string]characters{
	"":             {},
	"unoa":         {upper: true, allowed: " .,-()/='+:?!\"%&*;<>"}, // ISO 9735 level A; the released ones can be written
	"unoc":         {latin: true, allowed: " .,-()/='+:?!\"%&*;<>_@#$[]{}|~^`\\\u00a0"},
	"x12-basic":    {upper: true, allowed: " .,-()/='+:?!\"&;"},   // X12.6 basic set, without what delimits
	"x12-extended": {allowed: " .,-()/='+:?!\"&;%_@#$[]{}|<^`\\"}, // X12.6 extended set, without what delimits
}

func (gl *guideLoader) characters(n *yaml.Node) characters {
	name := gl.scalar(n)
	c, ok := characterSets[name]
	if !ok {
		gl.errorf(n.Line, "text: %q is none of %s", name, strings.Join(sortedKeys(characterSets), " "))
	}
	return c
}

// line folds a text that stands in one position: it has no line breaks.
func (c characters) line(text string) (out, why string) {
	if !strings.Contains(text, "\n") {
		return c.apply(text)
	}
	out, why = c.apply(strings.Join(strings.Fields(text), " "))
	return out, firstOf(why, "line breaks became blanks")
}

// encode turns values into the bytes of the set: ISO 8859-1 for UNOC (ISO 9735-1 annex A); the others are ASCII.
func (c characters) encode(values []edi.Value) []edi.Value {
	if !c.latin {
		return values
	}
	out := make([]edi.Value, len(values))
	for i, v := range values {
		for _, rep := range v {
			var components []string
			for _, text := range rep {
				var b []byte
				for _, r := range text {
					b = append(b, byte(r)) // apply left no others
				}
				components = append(components, string(b))
			}
			out[i] = append(out[i], components)
		}
	}
	return out
}

// apply folds a text into the set. Why is empty when nothing changed.
func (c characters) apply(text string) (out, why string) {
	if c.allowed == "" {
		return text, ""
	}
	if c.fits(text) {
		return text, ""
	}
	var b strings.Builder
	form := norm.NFC
	if !c.latin {
		form = norm.NFD
	}
	for _, r := range form.String(text) {
		switch {
		case r == '\n':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case c.upper && r == 'ß':
			b.WriteString("SS")
		default:
			if c.upper {
				r = unicode.ToUpper(r)
			}
			if !c.has(r) {
				r = substitute(r)
			}
			if !c.has(r) {
				r = ' '
			}
			b.WriteRune(r)
		}
	}
	if b.String() == text {
		return text, ""
	}
	return strings.TrimSpace(b.String()), "characters brought into the set of the message"
}

func (c characters) fits(text string) bool {
	for _, r := range text {
		if r != '\n' && !c.has(r) {
			return false
		}
	}
	return true
}

func (c characters) has(r rune) bool {
	switch {
	case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	case r >= 'a' && r <= 'z':
		return !c.upper
	case r < 128:
		return strings.ContainsRune(c.allowed, r)
	}
	return c.latin && r >= 0xA0 && r <= 0xFF // between ASCII and these are no characters
}

// substitute finds a plain character for typographic ones that text processors make.
func substitute(r rune) rune {
	switch r {
	case '‘', '’', '‚', '`':
		return '\''
	case '“', '”', '„', '«', '»':
		return '"'
	case '–', '—', '‐', '‑':
		return '-'
	case 'Æ', 'æ':
		return 'A'
	case 'Ø', 'ø', 'Œ', 'œ':
		return 'O'
	case '_':
		return '-'
	}
	return r
}
