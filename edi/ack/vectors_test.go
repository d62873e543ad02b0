package ack_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

var update = flag.Bool("update", false, "rewrite the acknowledgements of the vectors")

// TestVectors answers the document of every testdata/vectors/*.txtar and compares the answer with the last part of the
// file. The parts between say how: options, one a line; findings that a guide would add; advice of an application.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/vectors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no vectors", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v := vector{t: t}
			want := ""
			for _, f := range archive.Files {
				switch f.Name {
				case "document":
					v.result = readWith(t, bytes.ReplaceAll(f.Data, []byte("\n"), nil), edi.Options{Spec: nearest})
				case "options":
					v.options(string(f.Data))
				case "findings":
					guideFindings(v.result, table(t, f.Data))
				case "advice":
					v.advise(table(t, f.Data))
				case "acknowledgement":
					want = string(f.Data)
				default:
					t.Fatalf("part %s is none", f.Name)
				}
			}
			got := v.answer()
			if *update {
				archive.Files[len(archive.Files)-1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-file +now)\n%s", diff)
			}
		})
	}
}

type vector struct {
	t      *testing.T
	result *edi.Result
	o      ack.Options
	advice []ack.Advice
}

func (v *vector) messages() []*edi.MessageResult {
	var all []*edi.MessageResult
	for _, i := range v.result.Interchanges {
		for _, g := range i.Groups {
			all = append(all, g.Messages...)
		}
	}
	return all
}

func (v *vector) options(lines string) {
	verdicts := map[string]ack.Verdict{"accepted": ack.Accepted, "noted": ack.Noted, "rejected": ack.Rejected}
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		words := append(strings.Fields(line), "", "")
		p := &v.o.Policy
		switch words[0] {
		case "type":
			kind, err := ack.ParseType(words[1])
			if err != nil {
				v.t.Fatal(err)
			}
			v.o.Type = kind
		case "control":
			v.o.Control = words[1]
		case "use999":
			v.o.Use999 = true
		case "only-bad":
			v.o.OnlyBad = true
		case "every":
			v.o.Every = true
		case "only-asked":
			v.o.OnlyAsked = true
		case "receipt":
			v.o.ReceiptOnly = true
		case "whole":
			p.Whole = true
		case "syntax":
			p.Syntax = verdicts[words[1]]
		case "envelope":
			p.Envelope = verdicts[words[1]]
		case "directory":
			p.Directory = verdicts[words[1]]
		case "condition":
			p.Condition = verdicts[words[1]]
		case "code":
			p.Code = verdicts[words[1]]
		case "guide":
			p.Guide = verdicts[words[1]]
		case "warning":
			p.Warning = verdicts[words[1]]
		case "finding":
			p.Findings = map[string]ack.Verdict{words[1]: verdicts[words[2]]}
		case "refuse":
			n, err := strconv.Atoi(words[1])
			if err != nil {
				v.t.Fatal(err)
			}
			v.messages()[n-1].Refused = true
		case "context":
			v.o.Context = func(*edi.MessageResult, *edi.Finding) []ack.Context {
				return []ack.Context{{Name: words[1], Value: words[2]}}
			}
		default:
			v.t.Fatalf("option %q is none", line)
		}
	}
}

func (v *vector) advise(rows []map[string]string) {
	number := func(s string) int {
		n, _ := strconv.Atoi(s) // empty is 0
		return n
	}
	verdicts := map[string]ack.Verdict{"accepted": ack.Accepted, "noted": ack.Noted, "partial": ack.Partial, "rejected": ack.Rejected}
	byMessage := make(map[string]int)
	for _, row := range rows {
		at, ok := byMessage[row["message"]]
		if !ok {
			at = len(v.advice)
			byMessage[row["message"]] = at
			qualifier, id, _ := strings.Cut(row["document"], " ")
			v.advice = append(v.advice, ack.Advice{
				Message: v.messages()[number(row["message"])-1], Verdict: verdicts[row["verdict"]],
				Document: ack.Reference{Qualifier: qualifier, ID: id},
			})
		}
		if row["text"] == "" {
			continue
		}
		qualifier, id, _ := strings.Cut(row["reference"], " ")
		v.advice[at].Findings = append(v.advice[at].Findings, ack.ApplicationFinding{
			Code: row["code"], List: row["list"], Agency: row["agency"], Text: row["text"], Tag: row["tag"], Element: row["number"],
			Position:  edi.Position{MessageSegment: number(row["segment"]), Element: number(row["element"]), Component: number(row["component"])},
			Reference: ack.Reference{Qualifier: qualifier, ID: id},
		})
	}
}

// answer writes the acknowledgement with one segment a line, and proves it to be valid.
func (v *vector) answer() string {
	v.o.At = at
	var out bytes.Buffer
	var err error
	if v.advice != nil {
		err = ack.WriteAdvice(&out, v.result, v.advice, v.o)
	} else {
		err = ack.Write(&out, v.result, v.o)
	}
	if err != nil {
		if !errors.Is(err, ack.ErrNone) {
			v.t.Error(err)
		}
		return err.Error() + "\n"
	}
	res := valid(v.t, v.t.Name(), out.Bytes())
	if v.advice != nil {
		var again bytes.Buffer
		advice := []ack.Advice{{Message: res.Interchanges[0].Groups[0].Messages[0]}}
		if err := ack.WriteAdvice(&again, res, advice, v.o); !errors.Is(err, ack.ErrNone) {
			v.t.Errorf("advice was advised: %v", err)
		}
	}
	terminator := string(v.result.Interchanges[0].Delimiters.Terminator)
	return strings.ReplaceAll(out.String(), terminator, terminator+"\n")
}
