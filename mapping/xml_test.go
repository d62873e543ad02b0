package mapping

import (
	"strings"
	"testing"
)

// TestReadXML: hostile and ambiguous documents are refused before a tree is
// made of them, with the place; a sound one gives the name of its root.
func TestReadXML(t *testing.T) {
	const secret = "S3CRET"
	for _, c := range []struct {
		name, doc, code string
		offset          int64
	}{
		{"sound", `<?xml version="1.0" encoding="UTF-8"?><!-- x --><a:doc xmlns:a="urn:a" b="1"><c a:d="2">x</c></a:doc>`, "", 0},
		{"empty", "", "mapping.xml-malformed", 0},
		{"text", secret, "mapping.xml-malformed", 0},
		{"unclosed", "<a><b></b>", "mapping.xml-malformed", 10},
		{"crossed", "<a><b></a></b>", "mapping.xml-malformed", 6},
		{"two roots", "<a/><b/>", "mapping.xml-malformed", 8},
		{"text behind", "<a/>" + secret, "mapping.xml-malformed", 4},
		{"document type", "<!DOCTYPE a [<!ENTITY x \"" + secret + "\">]><a>&x;</a>", "mapping.xml-doctype", 0},
		{"unknown entity", "<a>&x;</a>", "mapping.xml-malformed", 6},
		{"latin 1", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", "mapping.xml-not-utf8", 0},
		{"not UTF-8", "<a>\xff</a>", "mapping.xml-not-utf8", 3},
		{"attribute twice", `<a x="1" x="` + secret + `"/>`, "mapping.xml-attribute-twice", 0},
		{"undeclared prefix", `<a><b:c/></a>`, "mapping.xml-prefix-undeclared", 3},
		{"prefix out of scope", `<a><b xmlns:c="urn:c"/><c:d/></a>`, "mapping.xml-prefix-undeclared", 23},
		{"too deep", strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), "mapping.xml-too-deep", 192},
	} {
		t.Run(c.name, func(t *testing.T) {
			name, findings, err := ReadXML([]byte(c.doc))
			if err != nil {
				t.Fatal(err)
			}
			if c.code == "" {
				if len(findings) > 0 || name != (XMLName{"urn:a", "doc"}) {
					t.Fatalf("%v %v", name, findings)
				}
				return
			}
			if len(findings) != 1 || findings[0].Code != c.code || findings[0].Offset != c.offset || findings[0].Rule == "" {
				t.Fatalf("%+v, expected %s at %d", findings, c.code, c.offset)
			}
			if strings.Contains(findings[0].Message, secret) {
				t.Error("the finding holds a value")
			}
		})
	}
}

// FuzzReadXML: nothing panics, and there is either a name or a finding.
func FuzzReadXML(f *testing.F) {
	for _, seed := range []string{"<a/>", `<a:b xmlns:a="u"/>`, "<a><![CDATA[x]]></a>", "<!DOCTYPE a><a/>", "<a>&lt;</a>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		name, findings, err := ReadXML(doc)
		if err != nil {
			t.Fatal(err)
		}
		if (name.Local == "") != (len(findings) > 0) {
			t.Errorf("name %q and %d findings", name.Local, len(findings))
		}
	})
}
