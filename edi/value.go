package edi

import "bytes"

// kind is the type of a value, for both syntaxes.
type kind uint8

const (
	kindText    kind = iota // AN, an
	kindID                  // ID
	kindAlpha               // a
	kindInteger             // N0 to N9
	kindReal                // R
	kindNumber              // n
	kindDate                // DT; 0017
	kindTime                // TM; 0019
	kindBinary              // B
)

// number checks the digits of a numeric value. It returns the length that counts, sign and decimal mark left
// out (X12.6 3.5.1.1 and 3.5.1.2, ISO 9735-1 10.1), or -1 if it is no number.
func number(b []byte, k kind, decimal byte) int {
	digits, marks := 0, 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '-' && i == 0:
		case k != kindInteger && (c == '.' || c == decimal || c == ',' && k == kindNumber):
			marks++
		case k == kindReal && (c == 'E' || c == 'e') && i > 0 && i+1 < len(b):
			return exponent(b, i, digits)
		default:
			return -1
		}
	}
	if digits == 0 || marks > 1 || marks == 1 && k == kindNumber && !between(b) {
		return -1
	}
	return digits
}

// between reports whether the decimal mark of a number has a digit on either side, as it must in EDIFACT (ISO 9735-1
// 10.1).
func between(b []byte) bool {
	if b[0] == '-' {
		b = b[1:]
	}
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	return digit(b[0]) && digit(b[len(b)-1])
}

// notNumber returns the code for a value that is no number: what is wrong with its decimal mark, if nothing else is.
func notNumber(b []byte, k kind) string {
	digits, marks := 0, 0
	b = bytes.TrimPrefix(b, []byte("-"))
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case isMark(c):
			marks++
		default:
			return "edi.element-type"
		}
	}
	switch {
	case k != kindNumber || digits == 0:
		return "edi.element-type"
	case marks == 1 && isMark(b[0]):
		return "edi.decimal-digit"
	}
	return "edi.decimal-notation"
}

// isMark reports whether a byte is one of the two decimal marks of EDIFACT (ISO 9735-1 10.1).
func isMark(c byte) bool { return c == '.' || c == ',' }

// exponent checks the rest of a real in exponential form, allowed from 00402 on.
func exponent(b []byte, at, digits int) int {
	rest := b[at+1:]
	if rest[0] == '-' {
		rest = rest[1:]
	}
	if digits == 0 || !isDigits(rest) {
		return -1
	}
	return digits + len(rest)
}

// mantissa returns a number of EDIFACT without its exponent, which syntax version 4 allows and leaves out of the length
// (ISO 9735-1:2002 10).
func mantissa(b []byte) []byte {
	at := bytes.IndexAny(b, "Ee")
	if at < 1 || !isDigits(bytes.TrimPrefix(b[at+1:], []byte("-"))) {
		return b
	}
	return b[:at]
}

func two(b []byte, at int) int { return int(b[at]-'0')*10 + int(b[at+1]-'0') }

// validDate checks YYMMDD and YYYYMMDD against the calendar. A year of two digits is leap when it could be.
func validDate(b []byte) bool {
	if !isDigits(b) {
		return false
	}
	var year int
	switch len(b) {
	case 8:
		year = two(b, 0)*100 + two(b, 2)
		b = b[4:]
	case 6:
		year = 2000 + two(b, 0)
		b = b[2:]
	default:
		return false
	}
	return validDay(year, two(b, 0), two(b, 2))
}

func validDay(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	last := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		last = 29
	}
	return day <= last
}

// validTime checks HHMM, HHMMSS and decimal seconds behind them.
func validTime(b []byte) bool {
	if !isDigits(b) || len(b) < 4 || len(b) == 5 {
		return false
	}
	if two(b, 0) > 23 || two(b, 2) > 59 {
		return false
	}
	return len(b) < 6 || two(b, 4) <= 59
}

// layouts are the formats of element 2379 and the qualifiers of element 1250 whose values can be checked, by what
// stands in them: C is a year of four digits, Y of two, M D h m s month to second, d the day of the year, W the week,
// z three letters of a time zone, + the sign of an offset, - a hyphen.
var layouts = map[string]string{
	"2": "DMY", "3": "MDY", "4": "DMC", "5": "DMChm",
	"101": "YMD", "102": "CMD", "105": "Yd", "106": "MD", "107": "d", "108": "W", "109": "M", "110": "D",
	"201": "YMDhm", "202": "YMDhms", "203": "CMDhm", "204": "CMDhms",
	"205": "CMDhm+hm", "206": "YMDhm+hm", "207": "YMDhms+hm", "208": "CMDhms+hm", "209": "hms+hm",
	"301": "YMDhmz", "302": "YMDhmsz", "303": "CMDhmz", "304": "CMDhmsz", "305": "MDhm", "306": "Dhm",
	"401": "hm", "402": "hms", "404": "hmsz", "406": "+hm", "501": "hmhm", "502": "hmshms", "503": "hmszhmsz",
	"601": "Y", "602": "C", "609": "YM", "610": "CM", "615": "YW", "616": "CW",
	"702": "CC", "709": "YMYM", "710": "CMCM", "711": "CMDCMD", "713": "YMDhmYMDhm", "715": "YWYW", "716": "CWCW",
	"717": "YMDYMD", "718": "CMDCMD", "719": "CMDhmCMDhm",

	"CM": "CM", "CY": "C", "D6": "YMD", "D8": "CMD", "DA": "D-D", "DB": "MDC", "DD": "D", "DDT": "CMD-CMDhm", "DT": "CMDhm",
	"DTD": "CMDhm-CMD", "DTS": "CMDhms-CMDhms", "MCY": "MC", "MD": "MD", "MM": "M", "RD": "MDC-MDC", "RD2": "Y-Y", "RD4": "C-C",
	"RD5": "CM-CM", "RD6": "YMD-YMD", "RD8": "CMD-CMD", "RDT": "CMDhm-CMDhm", "RMD": "MD-MD", "RMY": "YM-YM", "RTM": "hm-hm",
	"RTS": "CMDhms", "TC": "d", "TM": "hm", "TQ": "MY", "TR": "DMYhm", "TS": "hms", "TT": "MDY", "TU": "Yd", "YM": "YM", "YY": "Y",
}

// widths are how many bytes the parts of a layout have that are not two digits.
var widths = [128]uint8{'C': 4, 'd': 3, 'z': 3, '+': 1, '-': 1}

// most are the largest values of the parts of a layout that have one by themselves.
var most = [128]int{'M': 12, 'D': 31, 'd': 366, 'W': 53, 'h': 23, 'm': 59, 's': 59}

// validPeriod checks a value against a format. Unknown formats are not checked.
func validPeriod(b, format []byte) (date, time bool) {
	layout := layouts[string(format)]
	if layout == "" {
		return true, true
	}
	var day calendar
	for at := 0; at < len(layout); at++ {
		part := layout[at]
		width := 2
		if w := widths[part]; w > 0 {
			width = int(w)
		}
		if width > len(b) {
			return false, true
		}
		text := b[:width]
		b = b[width:]
		switch part {
		case 'z':
			continue
		case '-', '+':
			if text[0] != '-' && text[0] != part {
				return false, true
			}
			continue
		}
		if !isDigits(text) {
			return false, true
		}
		n, _ := smallNumber(text)
		switch {
		case most[part] == 0: // a year may be any
		case part == 'h' || part == 'm' || part == 's':
			if n > most[part] {
				return true, false
			}
		case n < 1 || n > most[part]:
			return false, true
		}
		if !day.add(part, n) {
			return false, true
		}
	}
	return len(b) == 0 && day.exists(), true
}

// calendar puts a day together from its parts, in any order.
type calendar struct{ year, month, day int }

// add takes a part. When the three are there it reports whether there is such a day, and begins with another.
func (c *calendar) add(part byte, n int) bool {
	switch part {
	case 'C':
		c.year = n
	case 'Y':
		c.year = 2000 + n
	case 'M':
		c.month = n
	case 'D':
		c.day = n
	default:
		return true
	}
	if c.year == 0 || c.month == 0 || c.day == 0 {
		return true
	}
	ok := c.exists()
	*c = calendar{}
	return ok
}

// exists reports whether there is such a day, in a leap year if no year is stated.
func (c *calendar) exists() bool {
	if c.month == 0 || c.day == 0 {
		return true
	}
	if c.year == 0 {
		return validDay(2000, c.month, c.day)
	}
	return validDay(c.year, c.month, c.day)
}
