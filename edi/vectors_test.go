package edi_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

var update = flag.Bool("update", false, "rewrite the expected parts of the vectors")

// TestVectors reads the document of every testdata/vectors/*.txtar and compares findings, structure and
// acknowledgements with the other parts of the file.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			document := archive.Files[0]
			if document.Name != "document" {
				t.Fatalf("first part is %s, document expected", document.Name)
			}
			got := describe(t, bytes.TrimSuffix(document.Data, []byte("\n")))
			if *update {
				archive.Files = append(archive.Files[:1], got...)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(archive.Files[1:], got, cmp.Transformer("text", func(b []byte) string { return string(b) })); diff != "" {
				t.Errorf("(-file +now)\n%s", diff)
			}
		})
	}
}

// describe returns what a vector expects: findings, the matched structure and the acknowledgement.
func describe(t *testing.T, document []byte) []txtar.File {
	t.Helper()
	r := edi.NewReader(bytes.NewReader(document), edi.Options{})
	var tree bytes.Buffer
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if m.Root != nil {
			printTree(&tree, m.Root, 0)
		}
	}
	res := r.Result()
	var findings bytes.Buffer
	fmt.Fprintf(&findings, "%s valid=%t interchanges=%d groups=%d messages=%d segments=%d\n",
		res.Syntax, res.Valid(), len(res.Interchanges), res.Groups, res.Messages, res.Segments)
	for _, f := range res.Findings {
		fmt.Fprintf(&findings, "%s %s %s [%s] %s %s\n", f.Severity, f.Level, f.Code, f.Rule, place(f.Position), f.Message)
	}
	files := []txtar.File{{Name: "findings", Data: findings.Bytes()}}
	if tree.Len() > 0 {
		files = append(files, txtar.File{Name: "structure", Data: tree.Bytes()})
	}
	return append(files, txtar.File{Name: "acknowledgement", Data: answer(t, res, ack.Auto)})
}

// answer writes an acknowledgement with one segment a line.
func answer(t *testing.T, res *edi.Result, kind ack.Type) []byte {
	t.Helper()
	var out bytes.Buffer
	at := time.Date(2026, 11, 21, 14, 30, 0, 0, time.UTC)
	if err := ack.Write(&out, res, ack.Options{Type: kind, At: at}); err != nil {
		return []byte(err.Error() + "\n")
	}
	for _, i := range res.Interchanges {
		terminator := string(i.Delimiters.Terminator)
		if terminator != "\n" {
			return []byte(strings.ReplaceAll(out.String(), terminator, terminator+"\n"))
		}
	}
	return out.Bytes()
}

func printTree(w io.Writer, n *edi.Node, depth int) {
	for _, c := range n.Children {
		fmt.Fprintf(w, "%s%s\n", strings.Repeat("  ", depth), c.Name)
		if c.Loop {
			printTree(w, c, depth+1)
		}
	}
}

func place(p edi.Position) string {
	s := fmt.Sprintf("@%d", p.Offset)
	for _, part := range []struct {
		name  string
		value int
	}{
		{"segment", p.Segment},
		{"messageSegment", p.MessageSegment},
		{"element", p.Element},
		{"component", p.Component},
		{"repetition", p.Repetition},
	} {
		if part.value != 0 {
			s += fmt.Sprintf(" %s=%d", part.name, part.value)
		}
	}
	if p.Tag != "" {
		s += " tag=" + p.Tag
	}
	return s
}
