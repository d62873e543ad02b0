package cargo

import "strings"

// CheckDigit looks at a container number. iso says that it has the form of ISO 6346: three letters of the owner,
// the category U, J or Z, six digits and the check digit. ok says that the check digit is right; it is false for other forms.
//
// Domestic trailers and old stock do not follow the standard, so a wrong digit is a reason to look, never to refuse.
func CheckDigit(container string) (ok, iso bool) {
	if !isISO6346(container) {
		return false, false
	}
	sum := 0
	for i := range 10 {
		sum += characterValue(container[i]) << i // the weight of place i is 2 to the i
	}
	return byte('0'+sum%11%10) == container[10], true
}

func isISO6346(s string) bool {
	if len(s) != 11 || !strings.ContainsRune("UJZ", rune(s[3])) {
		return false
	}
	for i := range 3 {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return strings.Trim(s[4:], "0123456789") == ""
}

// characterValue is a digit itself, and for letters 10 and up without the multiples of 11: A10 B12 … K21 L23 … U32 V34 … Z38.
func characterValue(c byte) int {
	if c <= '9' {
		return int(c - '0')
	}
	n := int(c-'A') + 10
	switch {
	case c >= 'V':
		return n + 3
	case c >= 'L':
		return n + 2
	case c >= 'B':
		return n + 1
	}
	return n
}
