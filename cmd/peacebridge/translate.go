package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/edi"
	"peacebridge/mapping"
	"peacebridge/mapping/cargo"
)

// jsonFormat is the name under which a record as JSON stands beside the guides.
const jsonFormat = "json"

// A translation is the command line of translate.
type translation struct {
	from, to, rules, report, out  string
	at, control, sender, receiver string
	test                          bool
	params                        mapping.Params
	document                      string
}

func translateCommand(t *terminal) *cobra.Command {
	var tr translation
	cmd := &cobra.Command{
		Use:   "translate --to GUIDE [--from GUIDE] [--rules DIR] [--report FILE] FILE",
		Short: "Translate one document from one guide to another, and report what became of each value",
		Long: `Translate one document from one guide to another, offline; "json" is the record that stands between all guides. The document
goes to standard output or --out, and the report to --report: what was carried, converted, defaulted by a rule, cut, dropped.

What the target needs and neither the document nor a standing rule (--rules) has is missing. Then nothing is invented: there
is a report, no document, and exit status 1. With --json and without --report the report is what is printed.`,
		Example: `  peacebridge translate --from cbp/truck/309 --to json manifest.x12
  peacebridge translate --to cbsa/highway/cuscar --rules examples/rules --report report.json manifest.x12 > cargo.edi`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			tr.document = args[0]
			return t.translate(cmd, &tr)
		},
	}
	f := cmd.Flags()
	f.StringVar(&tr.to, "to", "", `the guide to write, or "json" (peacebridge guides list)`)
	f.StringVar(&tr.from, "from", "", `the guide to read, or "json" (default: found out)`)
	f.StringVar(&tr.rules, "rules", "", "folder of standing rules and reference pairs (CSV)")
	f.StringVar(&tr.report, "report", "", "file to write the report to, as JSON; - is standard output")
	f.StringVar(&tr.out, "out", "", "file to write the document to (default standard output)")
	f.StringVar(&tr.at, "at", "", "date and time of the envelope, RFC 3339 (default now)")
	f.StringVar(&tr.control, "control", "1", "control number of the interchange")
	f.StringVar(&tr.sender, "sender", "", "sender of the interchange, QUALIFIER:ID (default: the agency of the guide that reads)")
	f.StringVar(&tr.receiver, "receiver", "", "receiver of the interchange, QUALIFIER:ID (default: the one in the guide)")
	f.BoolVar(&tr.test, "test", false, "mark the interchange as a test")
	t.guidesFlag(cmd)
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) translate(cmd *cobra.Command, tr *translation) error {
	if err := required(cmd, "to"); err != nil {
		return err
	}
	if tr.report == "-" && tr.out == "" {
		return usage(cmd, "name a file for the document with --out", "standard output cannot hold both document and report")
	}
	l, err := t.library()
	if err != nil {
		return err
	}
	for _, named := range []struct{ flag, guide string }{{"from", tr.from}, {"to", tr.to}} {
		if named.guide == jsonFormat {
			continue
		}
		if _, err := t.namedGuide(cmd, named.flag, named.guide); err != nil {
			return err
		}
	}
	if tr.params, err = t.params(cmd, tr); err != nil {
		return err
	}
	doc, err := t.read(tr.document, wholeLimit)
	if err != nil {
		return err
	}
	if tr.from == "" {
		if tr.from, err = formatOf(l, tr.document, doc); err != nil {
			return err
		}
		t.say("%s: read by %s", oneLine(tr.document), tr.from)
	}
	if tr.params.Sender.ID == "" {
		tr.params.Sender = edi.Address{Qualifier: "ZZ", ID: defaultSender(l, tr.from)}
	}
	out, report, findings, err := l.Translate(tr.from, tr.to, doc, tr.params)
	if err != nil {
		if tr.from == jsonFormat {
			_, wrong, _ := cargo.Parse(doc) // what the error would be is err
			t.recordFindings(tr.document, wrong)
		} else {
			g, _ := l.Guide(tr.from)
			t.showFindings(tr.document, doc, g, findings)
		}
		return refused(fmt.Errorf("%s: %w", tr.document, err))
	}
	if len(findings) > 0 && tr.from != jsonFormat {
		t.say("%s: %s; peacebridge edi validate --guide %s shows them", oneLine(tr.document), count(len(findings), "warning"), tr.from)
	}
	return t.deliverTranslation(tr, out, report)
}

// params reads the rendering parameters: same record, same guide, same parameters, same bytes.
func (t *terminal) params(cmd *cobra.Command, tr *translation) (p mapping.Params, err error) {
	if p.At, err = instant(cmd, "at", tr.at); err != nil {
		return p, err
	}
	p.At = p.At.UTC().Truncate(time.Second)
	p.Control, p.Usage = tr.control, "P"
	if tr.test {
		p.Usage = "T"
	}
	if p.Sender, err = address(cmd, "sender", tr.sender); err != nil {
		return p, err
	}
	if p.Receiver, err = address(cmd, "receiver", tr.receiver); err != nil {
		return p, err
	}
	if tr.rules == "" {
		return p, nil
	}
	if info, err := os.Stat(tr.rules); err != nil || !info.IsDir() {
		if err == nil {
			err = fmt.Errorf("%s: is no folder", tr.rules)
		}
		return p, trouble(err)
	}
	if p.Rules, err = mapping.LoadRules(os.DirFS(tr.rules)); err != nil {
		return p, trouble(fmt.Errorf("%s: %w", tr.rules, err))
	}
	return p, nil
}

// defaultSender is the address under which an interchange goes out when none is given: the agency whose message was read, in the
// letters that every character set has.
func defaultSender(l *mapping.Library, from string) string {
	g, ok := l.Guide(from)
	if !ok {
		return "PEACEBRIDGE"
	}
	return strings.ToUpper(strings.ReplaceAll(g.Agency, ".", ""))
}

// address reads one side of an interchange from a flag.
func address(cmd *cobra.Command, flag, value string) (edi.Address, error) {
	if value == "" {
		return edi.Address{}, nil
	}
	qualifier, id, ok := strings.Cut(value, ":")
	if !ok {
		qualifier, id = "", value
	}
	if id == "" {
		return edi.Address{}, usage(cmd, "write it as ZZ:ABCD", "--%s %q: no id", flag, oneLine(value))
	}
	return edi.Address{Qualifier: qualifier, ID: id}, nil
}

// deliverTranslation writes document and report to where they belong.
func (t *terminal) deliverTranslation(tr *translation, out []byte, report *mapping.Report) error {
	if tr.report != "" && tr.report != "-" {
		b, err := marshal(report)
		if err == nil {
			err = os.WriteFile(tr.report, append(b, '\n'), 0o600)
		}
		if err != nil {
			return trouble(err)
		}
	}
	printed := tr.report == "-" || t.json && tr.report == ""
	if printed {
		if err := t.object(report); err != nil {
			return trouble(err)
		}
	} else {
		t.sayReport(report)
	}
	if len(report.Missing) > 0 {
		return ended(statusFinding)
	}
	switch {
	case tr.out != "":
		if err := os.WriteFile(tr.out, out, 0o600); err != nil {
			return trouble(err)
		}
	case printed:
		t.say("the document is not printed beside the report; --out writes it to a file")
	default:
		return t.writeDocument(out)
	}
	return nil
}

// sayReport tells people what became of the values: everything that changed or is missing by name, what was carried as a number.
func (t *terminal) sayReport(r *mapping.Report) {
	for _, list := range []struct {
		word    string
		entries []mapping.Entry
	}{{"defaulted", r.Defaulted}, {"cut", r.Cut}, {"dropped", r.Dropped}, {"missing", r.Missing}} {
		for _, e := range list.entries {
			name := e.Instance
			if name == "" {
				name = e.Path
			}
			t.say("%s %s  %s", list.word, oneLine(name), oneLine(strings.Join(strings.Fields(e.By+" "+e.Why), " ")))
		}
	}
	t.say("%s to %s: %d carried, %d converted, %d defaulted, %d cut, %d dropped, %d missing", r.From, r.To,
		len(r.Carried), len(r.Converted), len(r.Defaulted), len(r.Cut), len(r.Dropped), len(r.Missing))
}
