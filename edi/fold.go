package edi

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Charset is a set of characters that values may hold: a level of ISO 9735-1 annex A, or one of the two sets of
// X12.6 3.3. Delimiters are no part of it.
type Charset string

// The sets that text can be folded into. UNOD to UNOK are the other parts of ISO 8859.
const (
	X12Basic    Charset = "X12 basic"    // capital letters, digits and some signs
	X12Extended Charset = "X12 extended" // the printable characters of ASCII
	LevelA      Charset = "UNOA"         // capital letters, digits and some signs
	LevelB      Charset = "UNOB"         // with small letters
	LevelC      Charset = "UNOC"         // ISO 8859-1
	LevelY      Charset = "UNOY"         // UTF-8
)

// Charset returns the set that an interchange declares: the first four characters of its version in EDIFACT. X12
// declares none; extended is what goes without an agreement.
func (i *Interchange) Charset() Charset {
	if i.Syntax == EDIFACT {
		return Charset(i.Version[:min(len(i.Version), 4)])
	}
	return X12Extended
}

// signs are what a set has besides letters and digits.
var signs = map[Charset]string{
	X12Basic:    " !\"&'()*+,-./:;?=",
	X12Extended: " !\"&'()*+,-./:;?=%@[]_{}\\|<>~#$^`",
	LevelA:      " .,-()/='+:?!\"%&*;<>_",
	LevelB:      " .,-()/='+:?!\"%&*;<>_",
}

// Has reports whether a character is in the set.
func (c Charset) Has(r rune) bool {
	if m := charsets[string(c)]; m != nil {
		b, ok := m.EncodeRune(r)
		return ok && b >= ' ' && (b < 0x7F || b > 0x9F)
	}
	switch {
	case c == LevelY || c == "UNOW":
		return r >= ' ' && r != 0x7F && r != utf8.RuneError && (r < 0x80 || r > 0x9F)
	case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
		return signs[c] != ""
	case r >= 'a' && r <= 'z':
		return c == X12Extended || c == LevelB
	}
	return r < 0x7F && strings.ContainsRune(signs[c], r)
}

// known reports whether text can be written in the set at all. UNOX, ISO 2022, switches between sets inside
// values, which this package does not.
func (c Charset) known() bool {
	return signs[c] != "" || charsets[string(c)] != nil || c == LevelY || c == "UNOW"
}

// Fold writes text with the characters of the set: letters lose their accents, and their smallness where the set
// has no small letters; ligatures and typographic signs become what they are written as on a typewriter. It
// returns how many characters were replaced, and an error that wraps ErrOutsideCharset when one cannot be.
func (c Charset) Fold(text string) (folded string, replaced int, err error) {
	if !c.known() {
		return "", 0, fmt.Errorf("%w: %s is not supported", ErrOutsideCharset, string(c))
	}
	var out strings.Builder
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return "", 0, fmt.Errorf("%w: byte %d is not UTF-8", ErrOutsideCharset, i)
			}
		}
		if c.Has(r) {
			out.WriteRune(r)
			continue
		}
		plain, ok := c.plain(r)
		if !ok {
			return "", 0, fmt.Errorf("%w: U+%04X, character %d", ErrOutsideCharset, r, utf8.RuneCountInString(text[:i])+1)
		}
		replaced++
		out.WriteString(plain)
	}
	return out.String(), replaced, nil
}

// plain returns what stands for a character that is not in the set.
func (c Charset) plain(r rune) (string, bool) {
	text, ok := written[r]
	if !ok {
		text = norm.NFKD.String(string(r))
	}
	var out strings.Builder
	for _, p := range text {
		switch upper := []rune(strings.ToUpper(string(p))); {
		case p >= 0x300 && p <= 0x36F: // an accent
		case c.Has(p):
			out.WriteRune(p)
		case len(upper) == 1 && c.Has(upper[0]):
			out.WriteRune(upper[0])
		default:
			return "", false
		}
	}
	return out.String(), out.Len() > 0 || len(text) > 0 && text != string(r)
}

// written is what stands for characters that do not decompose.
var written = map[rune]string{
	'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ø': "o", 'Ø': "O", 'đ': "d", 'Đ': "D", 'ð': "d", 'Ð': "D",
	'þ': "th", 'Þ': "TH", 'ł': "l", 'Ł': "L", 'ı': "i", 'ħ': "h", 'Ħ': "H", 'ŋ': "n", 'Ŋ': "N",
	'‘': "'", '’': "'", '‚': ",", '“': "\"", '”': "\"", '„': "\"", '«': "\"", '»': "\"", '‹': "<", '›': ">",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '−': "-", '…': "...", '•': "*", '·': ".", '×': "x", '÷': "/", '€': "EUR",
	'\u00a0': " ", '\u202f': " ", '\u2009': " ", '´': "'", '`': "'",
}

// encode turns folded text into the bytes of the set.
func (c Charset) encode(text string) string {
	m := charsets[string(c)]
	if m == nil || firstHigh([]byte(text), 0x80, 0xFF) < 0 {
		return text
	}
	b, err := m.NewEncoder().String(text)
	if err != nil {
		return text // Fold let nothing through that has no byte
	}
	return b
}

// charsets are the sets of ISO 9735-1 annex A that are not UTF-8.
var charsets = map[string]*charmap.Charmap{
	"UNOC": charmap.ISO8859_1, "UNOD": charmap.ISO8859_2, "UNOE": charmap.ISO8859_5, "UNOF": charmap.ISO8859_7,
	"UNOG": charmap.ISO8859_3, "UNOH": charmap.ISO8859_4, "UNOI": charmap.ISO8859_6, "UNOJ": charmap.ISO8859_8,
	"UNOK": charmap.ISO8859_9,
}
