package cargo

import (
	"errors"
	"fmt"
	"strings"
)

// A Path names an element of the dictionary. It is free of indexes, with [] after what repeats:
// consignment[].consignee.name. Guides bind it, agreements allow it, findings point at it.
type Path string

// Instance errors, for errors.Is.
var (
	ErrUnknownPath = errors.New("no such element in the dictionary")
	ErrIndex       = errors.New("an index is missing or malformed")
)

// ParseInstance is the path of an instance: consignment[0].goods[1].description gives consignment[].goods[].description.
// Every repeating part must carry its index, and the path must be in the dictionary.
func ParseInstance(s string) (Path, error) {
	var out strings.Builder
	rest := s
	for {
		before, after, found := strings.Cut(rest, "[")
		out.WriteString(before)
		if !found {
			break
		}
		index, tail, closed := strings.Cut(after, "]")
		if !closed || !isIndex(index) {
			return "", ErrIndex
		}
		out.WriteString("[]")
		rest = tail
	}
	p := Path(out.String())
	if _, ok := Dictionary().Lookup(p); !ok {
		return "", ErrUnknownPath
	}
	return p, nil
}

// maxIndex is how many digits an index may have: a record of the largest size has fewer items.
const maxIndex = 9

func isIndex(s string) bool {
	if s == "" || len(s) > maxIndex || len(s) > 1 && s[0] == '0' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// parent is the path of the group that p is a member of.
func (p Path) parent() Path {
	if i := strings.LastIndexByte(string(p), '.'); i >= 0 {
		return p[:i]
	}
	return ""
}

// under is the path of rel inside context.
func (p Path) under(rel string) Path {
	if p == "" {
		return Path(rel)
	}
	return Path(fmt.Sprintf("%s.%s", p, rel))
}
