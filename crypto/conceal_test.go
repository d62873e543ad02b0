package crypto

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

// TestRFC9901Example conceals the example of RFC 9901 section 5.1 with its salts and gets its disclosures and digests.
func TestRFC9901Example(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/rfc9901-5.1.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.Files {
		files[f.Name] = bytes.TrimSpace(f.Data)
	}
	var pointers, want []string
	var salts bytes.Buffer
	for line := range strings.Lines(string(files["concealed"])) {
		column := strings.Fields(line) // pointer, salt, digest
		salt, err := enc.DecodeString(column[1])
		if err != nil {
			t.Fatal(err)
		}
		salts.Write(salt)
		pointers = append(pointers, column[0])
		want = append(want, column[2])
	}
	payload, disclosures, err := Conceal(files["claims.json"], pointers, &salts)
	if err != nil {
		t.Fatal(err)
	}
	var expected, got any
	if err := errors.Join(json.Unmarshal(files["payload.json"], &expected), json.Unmarshal(payload, &got)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Error(diff)
	}
	for i, d := range disclosures {
		if d.Digest() != want[i] {
			t.Errorf("%s: digest %s, want %s", d.Pointer, d.Digest(), want[i])
		}
		pointer, _, err := CheckDisclosure(files["payload.json"], d.Encoded)
		if err != nil || pointer != d.Pointer {
			t.Errorf("%s: %s, %v", d.Pointer, pointer, err)
		}
	}
	if disclosures[0].Encoded != "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd" {
		t.Error(disclosures[0].Encoded)
	}
	// RFC 9901 sections 4.2.1 to 4.2.3: other spellings of a disclosure have other digests, and are as good.
	for encoded, digest := range map[string]string{
		"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0":             "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
		"WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0":                                         "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs",
		enc.EncodeToString([]byte(`["_26bc4LT-ac6q2KI6cBW5es","family_name","M\u00f6bius"]`)): "",
	} {
		if digest != "" && digestOf(encoded) != digest {
			t.Errorf("%s: digest %s", encoded, digestOf(encoded))
		}
		at := fmt.Sprintf(`{"_sd":[%q]}`, digestOf(encoded))
		if strings.Contains(encoded, "IkZSIl0") {
			at = fmt.Sprintf(`{"nationalities":[{"...":%q}]}`, digestOf(encoded))
		}
		if _, v, err := CheckDisclosure([]byte(at), encoded); err != nil || !json.Valid(v) {
			t.Errorf("%s: %v", encoded, err)
		}
	}
}

const shipment = `{"id":"r-1","conveyance":{"person":[{"name":"A","birthDate":"1980-01-02","id":[{"number":"P1"},{"number":"P2"}]}]},` +
	`"consignment":[{"consignee":{"name":"Zoë <&>","a/b~c":1.50}}]}`

func TestConcealAndStrip(t *testing.T) {
	pointers := []string{"/conveyance/person/0/birthDate", "/conveyance/person/0/id/0", "/consignment/0/consignee/a~1b~0c"}
	payload, disclosures, err := Conceal([]byte(shipment), pointers, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"1980-01-02", `"P1"`, "1.50", "birthDate", "a/b"} { // none that a digest may spell by chance
		if bytes.Contains(payload, []byte(secret)) {
			t.Errorf("%s is in the payload", secret)
		}
	}
	record, n, err := Strip(payload)
	want := `{"id":"r-1","conveyance":{"person":[{"name":"A","id":[{"number":"P2"}]}]},"consignment":[{"consignee":{"name":"Zoë <&>"}}]}`
	if err != nil || n != 3 || string(record) != want {
		t.Errorf("%d concealed, %v:\n%s", n, err, record)
	}
	values := []string{`"1980-01-02"`, `{"number":"P1"}`, `1.50`}
	for i, d := range disclosures {
		pointer, v, err := CheckDisclosure(payload, d.Encoded)
		if err != nil || pointer != pointers[i] || string(v) != values[i] {
			t.Errorf("%s: %s %s %v", d.Pointer, pointer, v, err)
		}
	}
	other, _, err := Conceal([]byte(shipment), pointers, nil)
	if err != nil || bytes.Equal(other, payload) {
		t.Error("two concealments are alike: salts are not random")
	}
}

func TestConcealRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		record   string
		pointers []string
	}{
		"the whole record":  {shipment, []string{""}},
		"no slash":          {shipment, []string{"id"}},
		"nothing there":     {shipment, []string{"/nothing"}},
		"nothing below":     {shipment, []string{"/id/x"}},
		"index beyond":      {shipment, []string{"/consignment/1"}},
		"index with zero":   {shipment, []string{"/consignment/00"}},
		"index negative":    {shipment, []string{"/consignment/-1"}},
		"index dash":        {shipment, []string{"/consignment/-"}},
		"bad escape":        {shipment, []string{"/a~2"}},
		"escape at the end": {shipment, []string{"/a~"}},
		"twice":             {shipment, []string{"/id", "/id"}},
		"inside another":    {shipment, []string{"/conveyance", "/conveyance/person"}},
		"around another":    {shipment, []string{"/conveyance/person", "/conveyance"}},
		"too deep":          {shipment, []string{strings.Repeat("/a", maxDepth+1)}},
		"not an object":     {`["a"]`, []string{"/0"}},
		"not JSON":          {`{`, nil},
		"reserved _sd":      {`{"_sd":[]}`, nil},
		"reserved digests":  {`{"a":1,"b":{"_sd":["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"]}}`, []string{"/a"}},
		"reserved dots":     {`{"...":1}`, nil},
		"too large":         {`{"a":"` + strings.Repeat("a", MaxRecord) + `"}`, []string{"/a"}},
	} {
		if _, _, err := Conceal([]byte(c.record), c.pointers, nil); err == nil {
			t.Errorf("%s: concealed", name)
		}
	}
	if _, _, err := Conceal([]byte(shipment), []string{"/id"}, bytes.NewReader(make([]byte, 15))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("short of randomness: %v", err)
	}
}

func TestStripRefuses(t *testing.T) {
	const d = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
	for name, payload := range map[string]string{
		"not an object":     `[]`,
		"nothing":           ``,
		"_sd a text":        `{"_sd":"` + d + `"}`,
		"_sd empty":         `{"_sd":[]}`,
		"_sd of numbers":    `{"_sd":[1]}`,
		"short digest":      `{"_sd":["` + d[1:] + `"]}`,
		"spare bits":        `{"_sd":["` + d[:42] + `1"]}`,
		"digest twice":      `{"_sd":["` + d + `"],"a":[{"...":"` + d + `"}]}`,
		"dots not alone":    `{"a":[{"...":"` + d + `","b":1}]}`,
		"dots a number":     `{"a":[{"...":1}]}`,
		"dots in an object": `{"a":{"...":"` + d + `"}}`,
		"_sd_alg below":     `{"a":{"_sd_alg":"sha-256"}}`,
		"_sd_alg other":     `{"_sd_alg":"sha-512"}`,
		"half a surrogate":  `{"a":"\ud800"}`,
	} {
		_, _, err := Strip([]byte(payload))
		if reasonOf(err) != RecordInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	record, n, err := Strip([]byte(`{"_sd_alg":"sha-256","a":1}`))
	if err != nil || n != 0 || string(record) != `{"a":1}` {
		t.Errorf("%s %d %v", record, n, err)
	}
}

func TestDisclosureRefused(t *testing.T) {
	payload, disclosures, err := Conceal([]byte(shipment), []string{"/id", "/consignment/0"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	say := func(text string) string { return enc.EncodeToString([]byte(text)) }
	in := func(encoded, format string) []byte { return fmt.Appendf(nil, format, digestOf(encoded)) }
	const object, array = `{"name":1,"_sd":[%q]}`, `{"a":[{"...":%q}]}`
	member, element := disclosures[0].Encoded, disclosures[1].Encoded
	for name, c := range map[string]struct {
		payload []byte
		encoded string
		want    Reason
	}{
		"another record's":     {[]byte(shipment), member, DisclosureUnsigned},
		"value changed":        {payload, say(strings.Replace(mustDecode(t, member), "r-1", "r-2", 1)), DisclosureUnsigned},
		"element as a member":  {in(element, object), element, DisclosureUnsigned},
		"member as an element": {in(member, array), member, DisclosureUnsigned},
		"name is there":        {in(say(`["s","name",2]`), object), say(`["s","name",2]`), DisclosureUnsigned},
		"name reserved":        {in(say(`["s","_sd",2]`), object), say(`["s","_sd",2]`), DisclosureInvalid},
		"name dots":            {in(say(`["s","...",2]`), object), say(`["s","...",2]`), DisclosureInvalid},
		"name a number":        {payload, say(`["s",1,2]`), DisclosureInvalid},
		"salt a number":        {payload, say(`[1,"n",2]`), DisclosureInvalid},
		"too short":            {payload, say(`["s"]`), DisclosureInvalid},
		"too long":             {payload, say(`["s","n",1,2]`), DisclosureInvalid},
		"an object":            {payload, say(`{"s":1}`), DisclosureInvalid},
		"with digests inside":  {payload, say(`["s","n",{"_sd":["` + disclosures[0].Digest() + `"]}]`), DisclosureInvalid},
		"not JSON":             {payload, say(`["s"`), DisclosureInvalid},
		"line break":           {payload, member + "\n", DisclosureInvalid},
		"padding":              {payload, member + "=", DisclosureInvalid},
		"record broken":        {payload[1:], member, RecordInvalid},
		"too large":            {payload, strings.Repeat("A", 2*MaxRecord), TooLarge},
	} {
		_, _, err := CheckDisclosure(c.payload, c.encoded)
		if reasonOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, reasonOf(err), c.want)
		}
	}
}

func mustDecode(t *testing.T, s string) string {
	t.Helper()
	b, err := enc.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// anyRecord makes JSON objects whose names are awkward and never reserved.
func anyRecord() *rapid.Generator[json.RawMessage] {
	return rapid.Custom(func(t *rapid.T) json.RawMessage {
		b, err := json.Marshal(anyObject(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}

func anyObject(t *rapid.T, depth int) map[string]any {
	o := map[string]any{}
	for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-d/~0é<"]{1,3}`), 0, 4, rapid.ID).Draw(t, "names") {
		o[name] = anyValue(t, depth-1)
	}
	return o
}

func anyValue(t *rapid.T, depth int) any {
	switch n := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case depth > 0 && n < 2:
		return anyObject(t, depth)
	case depth > 0 && n == 2:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			list = append(list, anyValue(t, depth-1))
		}
		return list
	case n == 3:
		return rapid.Int64().Draw(t, "number")
	case n == 4:
		return nil
	}
	return rapid.StringMatching(`[^\p{C}\x{FFFD}]{0,8}`).Draw(t, "text")
}

// TestConcealLaw: what is concealed is exactly what was named, and all of it can be disclosed again. The expected record
// is made by a removal of its own, on decoded JSON.
func TestConcealLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		record := anyRecord().Draw(t, "record")
		var decoded any
		decode(t, record, &decoded)
		all := pointersIn(decoded, "")
		var chosen []string
		for _, p := range all {
			inside := slices.ContainsFunc(chosen, func(c string) bool { return strings.HasPrefix(p, c+"/") })
			if !inside && rapid.Bool().Draw(t, "conceal "+p) {
				chosen = append(chosen, p)
			}
		}
		payload, disclosures, err := Conceal(record, chosen, nil)
		if err != nil {
			t.Fatal(err)
		}
		stripped, n, err := Strip(payload)
		if err != nil || n != len(chosen) {
			t.Fatalf("%d concealed, want %d: %v", n, len(chosen), err)
		}
		var got any
		decode(t, stripped, &got)
		if want := without(decoded, "", chosen); !reflect.DeepEqual(want, got) {
			t.Fatal(cmp.Diff(want, got))
		}
		for i, d := range disclosures {
			pointer, v, err := CheckDisclosure(payload, d.Encoded)
			if err != nil || pointer != chosen[i] {
				t.Fatalf("%s: %s %v", chosen[i], pointer, err)
			}
			var value any
			decode(t, v, &value)
			if want := at(decoded, chosen[i]); !reflect.DeepEqual(want, value) {
				t.Fatal(cmp.Diff(want, value))
			}
		}
	})
}

func decode(t *rapid.T, b []byte, v any) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		t.Fatal(err)
	}
}

var escape = strings.NewReplacer("~", "~0", "/", "~1")

// pointersIn lists every part of a value, outer ones first.
func pointersIn(v any, at string) []string {
	var list []string
	switch v := v.(type) {
	case map[string]any:
		for name, m := range v {
			p := at + "/" + escape.Replace(name)
			list = append(append(list, p), pointersIn(m, p)...)
		}
	case []any:
		for i, m := range v {
			p := fmt.Sprintf("%s/%d", at, i)
			list = append(append(list, p), pointersIn(m, p)...)
		}
	}
	sort.SliceStable(list, func(i, j int) bool {
		return strings.Count(list[i], "/") < strings.Count(list[j], "/") || strings.Count(list[i], "/") == strings.Count(list[j], "/") && list[i] < list[j]
	})
	return list
}

func without(v any, at string, pointers []string) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for name, m := range v {
			if p := at + "/" + escape.Replace(name); !slices.Contains(pointers, p) {
				o[name] = without(m, p, pointers)
			}
		}
		return o
	case []any:
		list := []any{}
		for i, m := range v {
			if p := fmt.Sprintf("%s/%d", at, i); !slices.Contains(pointers, p) {
				list = append(list, without(m, p, pointers))
			}
		}
		return list
	}
	return v
}

func at(v any, pointer string) any {
	for _, token := range strings.Split(pointer[1:], "/") {
		switch x := v.(type) {
		case map[string]any:
			v = x[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
		case []any:
			var i int
			if _, err := fmt.Sscan(token, &i); err != nil {
				return err
			}
			v = x[i]
		}
	}
	return v
}
