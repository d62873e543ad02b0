package ack

import (
	"peacebridge/edi"
)

// interchangeNote is what TA104 and TA105 say.
type interchangeNote struct {
	verdict Verdict
	code    string
	fault   bool // an error, not a warning: the sender is told although ISA14 does not ask
}

// noteInterchange finds out what a TA1 says about an interchange. It rejects for the first error of the envelope,
// and for sets outside any group, which nothing else can answer. A group whose trailer is missing is rejected by
// its own acknowledgement: for the interchange it is an error that is noted. So is what a warning is about, where
// TA1 has a code for it.
func noteInterchange(i *edi.InterchangeResult, p Policy) interchangeNote {
	out := interchangeNote{verdict: Accepted, code: "000"}
	better := func(v Verdict, code string, fault bool) {
		if v > out.verdict {
			out.verdict, out.code = v, code
		}
		out.fault = out.fault || fault
	}
	release, unnamed := isaRelease(i.Version), Accepted // unnamed: by errors that TA105 has no code for
	for n := range i.Findings {
		f := &i.Findings[n]
		code, v := interchangeCode(i, f, release), p.Finding(f)
		switch {
		case v > Accepted && code == "":
			unnamed = max(unnamed, v)
		case v > Accepted:
			better(v, code, true)
		case f.Severity == edi.Warning && code != "":
			better(Noted, code, false)
		}
	}
	if unnamed > Accepted {
		better(unnamed, "022", true)
	}
	for _, g := range i.Groups {
		if !answerable(g) && (g.Position != edi.Position{} || len(g.Messages) > 0) {
			better(Rejected, outsideCode(g), true)
		}
		for n := range g.Findings {
			f := &g.Findings[n]
			if k, _ := edi.KindOf(f.Code); k.TA1 != "" && k.Code != "edi.envelope-element" && p.Finding(f) > Accepted {
				better(Noted, codeIn("I18", k.TA1, release), true)
			}
		}
	}
	return out
}

// outsideCode is TA105 for sets without a group that could be answered: there is no GS, or it is invalid.
func outsideCode(g *edi.GroupResult) string {
	if (g.Position == edi.Position{}) {
		if k, ok := edi.KindOf("edi.header-missing"); ok {
			return k.TA1
		}
	}
	return "024"
}

// interchangeCode returns TA105 for a finding about the envelope.
func interchangeCode(i *edi.InterchangeResult, f *edi.Finding, release string) string {
	k, _ := edi.KindOf(f.Code) // unknown codes have empty columns
	header := f.Position.Segment == i.Position.Segment && f.Position.Element > 0
	if f.Code == "edi.envelope-element" && header {
		at := *f
		at.Tag, at.Position.Tag = "ISA", ""
		return codeIn("I18", placeCode("I18", &at), release)
	}
	code := k.TA1
	if code == "" && f.Severity == edi.Error {
		code = placeCode("I18", f)
	}
	return codeIn("I18", code, release)
}

// isaRelease is the version of ISA12 as six digits.
func isaRelease(version string) string {
	if len(version) != 5 || !digits(version) {
		return "004010"
	}
	return version + "0"
}

// writeTA1 writes the interchange acknowledgement. A control number, date or time that TA1 cannot hold is what is
// wrong with the interchange: its digits and the acknowledgement's own date stand for it.
func (x *x12) writeTA1(n interchangeNote) error {
	i := x.i
	return x.out.Service("TA1", text(
		fit(number(i.Control, 9), 9, 9), dateOr(i.Date, "060102", x.o.At), dateOr(i.Time, "1504", x.o.At),
		n.verdict.written("I17"), n.code,
	)...)
}
