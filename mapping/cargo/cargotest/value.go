package cargotest

import (
	"fmt"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"peacebridge/mapping/cargo"
)

// Value draws a value of element e, in canonical text form.
func Value(e *cargo.Element) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		switch e.Type {
		case "text":
			return text(t)
		case "code", "id":
			return coded(t, e)
		case "int":
			return strconv.Itoa(rapid.IntRange(0, 999_999).Draw(t, "int"))
		case "decimal":
			return decimal(t)
		case "bool":
			return strconv.FormatBool(rapid.Bool().Draw(t, "bool"))
		case "date":
			return instant(t).Format(time.DateOnly)
		case "time":
			return cargo.TimeText(instant(t))
		case "uuid":
			return uuid(t)
		case "hash":
			return "sha256:" + rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "hash")
		}
		t.Fatalf("cargotest: %s has no values", e.Path)
		return ""
	})
}

// letters are what documents hold, what separates in EDI, what JSON escapes, and what is longer than a byte.
var letters = []rune("ABCXYZabcxyz0123456789 .,-()/=*~>:+'?^|\"\\<&éÉœ中\n")

func text(t *rapid.T) string {
	return "T" + rapid.StringOfN(rapid.SampledFrom(letters), 0, 40, -1).Draw(t, "text")
}

func coded(t *rapid.T, e *cargo.Element) string {
	if len(e.Lists) == 0 {
		return rapid.StringMatching(`[A-Z0-9][A-Z0-9-]{0,11}`).Draw(t, "id")
	}
	name := rapid.SampledFrom(e.Lists).Draw(t, "list")
	l, _ := cargo.Dictionary().List(name)
	var code string
	if len(l.Codes) > 0 {
		code = rapid.SampledFrom(l.Codes).Draw(t, "code").Code
	} else {
		code = rapid.StringMatching(`[A-Z0-9]{1,6}`).Draw(t, "code")
	}
	if len(e.Lists) == 1 {
		return code
	}
	return name + ":" + code
}

func decimal(t *rapid.T) string {
	whole := strconv.Itoa(rapid.IntRange(0, 999_999).Draw(t, "whole"))
	if frac := rapid.StringMatching(`([0-9]{0,2}[1-9])?`).Draw(t, "fraction"); frac != "" {
		return whole + "." + frac
	}
	return whole
}

// instant is some second of this century.
func instant(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(946_684_800, 4_102_444_800).Draw(t, "second"), 0).UTC()
}

// uuid is of version 7 by its marks.
func uuid(t *rapid.T) string {
	h := rapid.StringMatching(`[0-9a-f]{30}`).Draw(t, "uuid")
	return fmt.Sprintf("%s-%s-7%s-8%s-%s", h[:8], h[8:12], h[12:15], h[15:18], h[18:30])
}
