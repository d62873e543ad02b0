package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"peacebridge/examples"
	"peacebridge/mapping/cargo"
)

// today is the day of all documents of this run, which may pass midnight.
var today = sync.OnceValue(func() time.Time { return time.Now().UTC() })

// example is a file of the example day, re-dated to today.
func example(t *testing.T, name string) string {
	t.Helper()
	b, err := examples.Files.ReadFile("day/" + name)
	if err != nil {
		t.Fatal(err)
	}
	now := today()
	return strings.NewReplacer(
		"20261121", now.Format("20060102"), "261121", now.Format("060102"),
		"2026-11-20", now.AddDate(0, 0, -1).Format(time.DateOnly),
		"2026-06-01", now.AddDate(0, 0, -173).Format(time.DateOnly),
		"20041230", now.Format("20060102"), "20041016", now.Format("20060102"),
	).Replace(string(b))
}

// replaced changes texts in a document, each of which must be there.
func replaced(t *testing.T, doc string, oldnew ...string) string {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(doc, oldnew[i]) {
			t.Fatalf("the example no longer has %q", oldnew[i])
		}
		doc = strings.ReplaceAll(doc, oldnew[i], oldnew[i+1])
	}
	return doc
}

// number makes numbers that no other document of a test has.
type number int

func (n number) scn() string     { return fmt.Sprintf("%08d", 20_000_000+int(n)) }
func (n number) control() string { return fmt.Sprintf("%09d", 1_000+int(n)) }
func (n number) trip() string {
	return "ABCD" + today().Format("060102") + fmt.Sprintf("9%05d", int(n))
}
func (n number) ccn() string { return fmt.Sprintf("9999TEST%08d", int(n)) }
func (n number) container() string {
	for digit := range 10 {
		id := fmt.Sprintf("PBXU%06d%d", int(n), digit)
		if ok, _ := cargo.CheckDigit(id); ok {
			return id
		}
	}
	return ""
}

// manifest is a complete truck manifest (X12 309) with numbers of its own.
func manifest(t *testing.T, n number) []byte {
	t.Helper()
	return []byte(replaced(t, example(t, "1-manifest.x12"),
		"*000000001*", "*"+n.control()+"*", "IEA*1*000000001", "IEA*1*"+n.control(),
		"ABCD"+today().Format("060102")+"01", n.trip(), "00001001", n.scn(), "CSQU*3054383", n.container()[:4]+"*"+n.container()[4:]))
}

// keys of the records that a manifest becomes at the other side.
func manifestKeys(n number) []string {
	return []string{"cargo.report ABCD" + n.scn(), "conveyance.report " + n.trip()}
}

// northbound is a cargo report to CBSA (CUSCAR) with numbers of its own.
func northbound(t *testing.T, n number) []byte {
	t.Helper()
	return []byte(replaced(t, example(t, "3-cargo.edi"),
		":1430+1'", ":1430+"+n.control()+"'", "UNZ+1+1'", "UNZ+1+"+n.control()+"'",
		"9999CCN0000000001", n.ccn(), "CSQU3054383", n.container()))
}

func northboundKey(n number) string { return "cargo.report " + n.ccn() }

// interchange holds many manifests, numbered from n on.
func interchange(t *testing.T, n number, messages int) []byte {
	t.Helper()
	one := string(manifest(t, n))
	begin, end := strings.Index(one, "ST*309"), strings.Index(one, "GE*1*")
	var b strings.Builder
	b.WriteString(one[:begin])
	for i := range messages {
		m := string(manifest(t, n+number(i)))
		control := fmt.Sprintf("%04d", i+1)
		b.WriteString(replaced(t, m[begin:end], "ST*309*0001", "ST*309*"+control, "SE*22*0001", "SE*22*"+control))
	}
	b.WriteString(strings.Replace(one[end:], "GE*1*", fmt.Sprintf("GE*%d*", messages), 1))
	return []byte(b.String())
}

// padded is an interchange that is large by the line breaks after its segments,
// and so has few messages to deliver.
func padded(t *testing.T, n number, messages int) []byte {
	t.Helper()
	return []byte(strings.ReplaceAll(string(interchange(t, n, messages)), "~\n", "~"+strings.Repeat("\r\n", 2000)))
}
