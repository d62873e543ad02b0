package crypto

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var errPointer = errors.New("pointer not usable")

// splitPointer reads a JSON pointer (RFC 6901 section 3) into its tokens.
func splitPointer(pointer string) ([]string, error) {
	if pointer == "" || pointer[0] != '/' {
		return nil, fmt.Errorf("%w: must start with a slash and name a part of the record", errPointer)
	}
	tokens := strings.Split(pointer[1:], "/")
	if len(tokens) > maxDepth {
		return nil, fmt.Errorf("%w: %d steps deep", errPointer, len(tokens))
	}
	for i, t := range tokens {
		for j := 0; j < len(t); j++ {
			if t[j] == '~' && (j+1 == len(t) || t[j+1] != '0' && t[j+1] != '1') {
				return nil, fmt.Errorf("%w: bad escape", errPointer)
			}
		}
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	return tokens, nil
}

// joinPointer adds a token to a pointer.
func joinPointer(pointer, token string) string {
	return pointer + "/" + strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

// index reads an array index: digits, no leading zero, inside the array (RFC 6901 section 4).
func index(token string, n int) (int, error) {
	i, err := strconv.Atoi(token)
	if err != nil || i < 0 || i >= n || strconv.Itoa(i) != token {
		return 0, fmt.Errorf("%w: no such element of an array", errPointer)
	}
	return i, nil
}
