package mapping

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/beevik/etree"

	"peacebridge/mapping/cargo"
)

// XML documents are read into a tree only after one pass over their text has
// found nothing that two parsers could read in two ways, or that costs more
// than it says: document types, prefixes and attributes that are ambiguous,
// depth, encodings. The tree takes some ten times the text, so callers bound
// the text first (contracts.md promise 6).

// xmlDepth is how deep elements may nest.
const xmlDepth = 64

//go:embed findings.csv
var xmlFindings string

// XMLName is the name of an element with its namespace.
type XMLName struct{ Space, Local string }

// ReadXML checks a document and returns the name of its root, by which a guide
// would be chosen. Findings say what is wrong and where; with one of them there
// is no name. They never hold a value.
func ReadXML(b []byte) (XMLName, []cargo.Finding, error) {
	code, at := checkXML(b)
	if code == "" {
		doc := etree.NewDocument()
		if err := doc.ReadFromBytes(b); err == nil && doc.Root() != nil {
			return XMLName{doc.Root().NamespaceURI(), doc.Root().Tag}, nil, nil
		}
		code = "mapping.xml-malformed" // what the first pass took and the tree did not
	}
	f, err := xmlFinding(code, at)
	return XMLName{}, []cargo.Finding{f}, err
}

// xmlFinding is the row of findings.csv for a code.
func xmlFinding(code string, at int64) (cargo.Finding, error) {
	r := csv.NewReader(strings.NewReader(xmlFindings))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return cargo.Finding{}, fmt.Errorf("findings.csv: %w", err)
	}
	for _, row := range rows {
		if row[0] == code {
			return cargo.Finding{Code: code, Severity: cargo.Severity(row[1]), Rule: row[2], Message: row[3], Offset: at}, nil
		}
	}
	return cargo.Finding{}, fmt.Errorf("findings.csv: no row %s", code)
}

// checkXML returns the first thing that is wrong and its offset.
func checkXML(b []byte) (code string, at int64) {
	if !utf8.Valid(b) {
		return "mapping.xml-not-utf8", int64(invalidUTF8(b))
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errEncoding }
	roots := 0
	var open []openElement
	for {
		at = d.InputOffset()
		tok, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			if len(open) != 0 || roots != 1 {
				return "mapping.xml-malformed", at
			}
			return "", 0
		case errors.Is(err, errEncoding):
			return "mapping.xml-not-utf8", at
		case err != nil:
			return "mapping.xml-malformed", d.InputOffset()
		}
		switch tok := tok.(type) {
		case xml.Directive:
			return "mapping.xml-doctype", at
		case xml.CharData:
			if len(open) == 0 && len(bytes.TrimSpace(bytes.TrimPrefix(tok, []byte("\ufeff")))) > 0 {
				return "mapping.xml-malformed", at
			}
		case xml.StartElement:
			if len(open) == 0 {
				roots++
			}
			if open = append(open, openElement{tok.Name, declarations(tok)}); len(open) > xmlDepth {
				return "mapping.xml-too-deep", at
			}
			if code := ambiguous(tok, open); code != "" {
				return code, at
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].name != tok.Name {
				return "mapping.xml-malformed", at
			}
			open = open[:len(open)-1]
		}
	}
}

var errEncoding = errors.New("encoding is not UTF-8")

// openElement is an element that has not ended, with the prefixes that it declares.
type openElement struct {
	name     xml.Name
	prefixes map[string]bool
}

func declarations(e xml.StartElement) map[string]bool {
	var out map[string]bool
	for _, a := range e.Attr {
		if a.Name.Space == "xmlns" {
			if out == nil {
				out = map[string]bool{}
			}
			out[a.Name.Local] = true
		}
	}
	return out
}

// ambiguous finds what parsers disagree about: an attribute that stands twice,
// a prefix that nothing declares.
func ambiguous(e xml.StartElement, open []openElement) string {
	declared := func(prefix string) bool {
		if prefix == "" || prefix == "xml" || prefix == "xmlns" {
			return true
		}
		for _, o := range open {
			if o.prefixes[prefix] {
				return true
			}
		}
		return false
	}
	if !declared(e.Name.Space) {
		return "mapping.xml-prefix-undeclared"
	}
	for i, a := range e.Attr {
		if !declared(a.Name.Space) {
			return "mapping.xml-prefix-undeclared"
		}
		for _, b := range e.Attr[:i] {
			if a.Name == b.Name {
				return "mapping.xml-attribute-twice"
			}
		}
	}
	return ""
}

func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return len(b)
}
