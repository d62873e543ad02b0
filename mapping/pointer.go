package mapping

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// pointers finds where each value of a JSON document begins: RFC 6901 pointer to offset. The document was
// parsed before, so that trouble ends the search and nothing else.
func pointers(doc []byte) map[string]int64 {
	d := &pointerFinder{dec: json.NewDecoder(bytes.NewReader(doc)), doc: doc, at: map[string]int64{}}
	d.dec.UseNumber()
	d.value("")
	return d.at
}

type pointerFinder struct {
	dec *json.Decoder
	doc []byte
	at  map[string]int64
}

// start is the first byte of the next token: blanks, colon and comma stand before it.
func (d *pointerFinder) start() int64 {
	i := d.dec.InputOffset()
	for i < int64(len(d.doc)) && strings.IndexByte(" \t\r\n:,", d.doc[i]) >= 0 {
		i++
	}
	return i
}

func (d *pointerFinder) value(pointer string) bool {
	d.at[pointer] = d.start()
	tok, err := d.dec.Token()
	if err != nil {
		return false
	}
	switch tok {
	case json.Delim('{'):
		for d.dec.More() {
			key, err := d.dec.Token()
			name, ok := key.(string)
			if err != nil || !ok || !d.value(pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name)) {
				return false
			}
		}
	case json.Delim('['):
		for i := 0; d.dec.More(); i++ {
			if !d.value(pointer + "/" + strconv.Itoa(i)) {
				return false
			}
		}
	default:
		return true
	}
	_, err = d.dec.Token()
	return err == nil
}
