package crypto

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
)

// TestRFC7520IsRefused gives our wrapper every compact token of RFC 7520. All are good JOSE, none is of a profile of ours.
func TestRFC7520IsRefused(t *testing.T) {
	f, err := os.Open("testdata/rfc7520.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	b := newBorder(t)
	for _, row := range rows[1:] {
		section, token := row[0], row[2]
		for _, p := range []Profile{P256, P384} {
			x := b.expect()
			x.Profile = p
			_, _, err := b.cbsa.Open([]byte(token), x)
			if strings.HasPrefix(section, "4.") {
				_, err = b.cbsa.OpenReceipt([]byte(token), x)
			}
			switch reasonOf(err) {
			case HeaderRefused, AlgorithmRefused, TokenMalformed:
			default:
				t.Errorf("%s %s: %q", section, row[1], reasonOf(err))
			}
		}
	}
	if len(rows) != 15 {
		t.Errorf("%d tokens, want 14", len(rows)-1)
	}
}
