package edi

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

// layouts are the formats of element 2379 and the qualifiers of element 1250 whose values can be checked.
// C is a year of four digits, Y of two, M D h m s month to second, z three letters of a time zone, - a hyphen.
var layouts = map[string]string{
	"2": "DMY", "3": "MDY", "101": "YMD", "102": "CMD", "106": "MD", "107": "", "201": "YMDhm", "202": "YMDhms",
	"203": "CMDhm", "204": "CMDhms", "301": "YMDhmz", "302": "YMDhmsz", "303": "CMDhmz", "304": "CMDhmsz",
	"401": "hm", "402": "hms", "501": "hmhm", "502": "hmshms", "602": "C", "609": "YM", "610": "CM",
	"711": "CMDCMD", "713": "YMDhmYMDhm", "715": "", "717": "YMDYMD", "718": "CMDCMD", "719": "CMDhmCMDhm",
	"D6": "YMD", "D8": "CMD", "DT": "CMDhm", "TM": "hm", "TS": "hms", "RD8": "CMD-CMD", "RDT": "CMDhm-CMDhm", "RTM": "hm-hm",
	"RTS": "CMDhms", "CY": "C", "CM": "CM",
}

// validPeriod checks a value against a format. Unknown formats are not checked.
func validPeriod(b, format []byte) (date, time bool) {
	layout := layouts[string(format)]
	if layout == "" {
		return true, true
	}
	year, month, at := 2000, 1, 0
	if len(b) == 6 && (layout == "DMY" || layout == "MDY") { // a day is judged by its month and year: they come first
		ymd := [6]byte{b[4], b[5], b[0], b[1], b[2], b[3]}
		if layout == "DMY" {
			ymd = [6]byte{b[4], b[5], b[2], b[3], b[0], b[1]}
		}
		b, layout = ymd[:], "YMD"
	}
	for _, f := range layout {
		width := 2
		switch f {
		case 'C':
			width = 4
		case 'z':
			width = 3
		case '-':
			width = 1
		}
		if at+width > len(b) || f != 'z' && f != '-' && !isDigits(b[at:at+width]) || f == '-' && b[at] != '-' {
			return false, true
		}
		switch f {
		case 'C':
			year = two(b, at)*100 + two(b, at+2)
		case 'Y':
			year = 2000 + two(b, at)
		case 'M':
			if month = two(b, at); month < 1 || month > 12 {
				return false, true
			}
		case 'D':
			if !validDay(year, month, two(b, at)) {
				return false, true
			}
		case 'h':
			if two(b, at) > 23 {
				return true, false
			}
		case 'm', 's':
			if two(b, at) > 59 {
				return true, false
			}
		}
		at += width
	}
	return at == len(b), true
}
