package ack

import (
	"strconv"
	"strings"

	"peacebridge/edi"
)

// set holds what differs between 997 and 999: names of segments, and the code lists that they use.
type set struct {
	name, segment, element, trailer string
	segments, elements, sets        string // element numbers of the lists
	values                          int    // AK4 below one AK3, 0 for no limit
}

var (
	set997 = set{"997", "AK3", "AK4", "AK5", "720", "723", "718", 99}
	set999 = set{"999", "IK3", "IK4", "IK5", "620", "621", "618", 0}
)

// functional writes the acknowledgement of one group.
type functional struct {
	*x12
	set
	g       *edi.GroupResult
	release string
}

// group writes the functional acknowledgement of one group: in its own release, from its receiver to its sender.
func (x *x12) group(g *edi.GroupResult) error {
	f := functional{x12: x, set: set997, g: g, release: release(g.Version)}
	reference := ""
	if x.o.Type == Set999 || x.o.Type == Auto && x.o.Use999 {
		f.set = set999
		if !has(f.release, "999", "999") {
			f.release = "005010" // the first release that has a 999
		}
		reference = implementation(f.release, g.Version)
	}
	if err := x.beginGroup("FA", g, f.release, reference); err != nil {
		return err
	}
	if err := x.out.BeginMessage(f.name, f.release, "", reference, "0001"); err != nil {
		return err
	}
	if err := x.out.Segment("AK1", f.header("AK1", "480", x.code(g.Code), number(g.Control, 9), x.clean(g.Version, 12))...); err != nil {
		return err
	}
	for _, m := range g.Messages {
		if x.o.OnlyBad && x.o.Policy.Message(m) == Accepted {
			continue
		}
		if err := f.message(m); err != nil {
			return err
		}
	}
	if err := f.summary(); err != nil {
		return err
	}
	if err := x.out.EndMessage(); err != nil {
		return err
	}
	return x.out.EndGroup()
}

// implementation is ST03 and GS08 of a 999: it belongs to a guide of its own where its sender's documents belong
// to one of the same family (005010X..., the guides that X12 publishes).
func implementation(release, version string) string {
	if release == "005010" && strings.HasPrefix(version, "005010X") {
		return "005010X231A1"
	}
	return ""
}

// beginGroup writes the GS of an answer. Codes that GS cannot hold give way to those of the interchange.
func (x *x12) beginGroup(code string, g *edi.GroupResult, release, version string) error {
	sender, receiver := x.party(g.Receiver, x.i.Receiver, x.o.Sender), x.party(g.Sender, x.i.Sender, x.o.Receiver)
	date := "060102"
	if has(release, "GS", "8-digit date") {
		date = "20060102"
	}
	if version == "" {
		version = release
	}
	return x.out.BeginGroup(edi.Group{
		Code: code, Sender: edi.Address{ID: sender}, Receiver: edi.Address{ID: receiver},
		Date: x.o.At.Format(date), Time: x.o.At.Format("1504"), Control: x.n.nextGroup(), Agency: "X", Version: version,
	})
}

// party is a code of GS02 or GS03: two to fifteen characters.
func (x *x12) party(group, interchange edi.Address, own *edi.Address) string {
	for _, a := range []string{group.ID, interchange.ID} {
		if a = x.clean(a, 15); len(a) >= 2 {
			return a
		}
	}
	if own != nil {
		if a := x.clean(own.ID, 15); len(a) >= 2 {
			return a
		}
	}
	return "UNKNOWN"
}

// code is GS01 as AK101 repeats it.
func (x *x12) code(s string) string {
	if s = x.clean(s, 2); len(s) < 2 {
		return "ZZ"
	}
	return s
}

// header leaves the last value out where the release does not have it.
func (f *functional) header(tag, element string, values ...string) []edi.Value {
	if !has(f.release, tag, element) {
		values = values[:len(values)-1]
	}
	return text(values...)
}

// count writes a number of messages, which has six digits.
func count(n int) string { return strconv.Itoa(min(max(n, 0), 999_999)) }

// summary writes AK9. The number of messages included is what the trailer states, as it states it.
func (f *functional) summary() error {
	verdict, accepted := f.o.Policy.group(f.g)
	values := []string{verdict.written("715"), count(f.g.Stated), count(max(f.g.Received, len(f.g.Messages))), count(accepted)}
	var codes []string
	for _, finding := range f.o.Policy.worthy(f.g.Findings) {
		k, _ := edi.KindOf(finding.Code) // unknown codes have empty columns
		code := placeCode("716", &finding)
		if k.Group != "" && finding.Code != "edi.envelope-element" {
			code = k.Group
		}
		codes = addCode(codes, codeIn("716", code, f.release))
	}
	return f.out.Segment("AK9", text(append(values, firstCodes(codes)...)...)...)
}

// message writes AK2 to AK5 of one set.
func (f *functional) message(m *edi.MessageResult) error {
	reference := ""
	if len(m.Association) > 6 { // ST03 as received; what GS08 adds to its release is shorter
		reference = f.clean(m.Association, 35)
	}
	name := fit(f.clean(m.Name, 3), 3, 3)
	control := fit(f.clean(m.Control, 9), 4, 9)
	if err := f.out.Segment("AK2", f.header("AK2", "1705", name, control, reference)...); err != nil {
		return err
	}
	findings := f.o.Policy.worthy(m.Findings)
	for _, n := range notes(findings) {
		if err := f.segmentNote(m, n); err != nil {
			return err
		}
	}
	verdict := f.o.Policy.Message(m)
	values := []string{verdict.written("717")}
	if verdict != Accepted {
		values = append(values, f.setCodes(findings)...)
	}
	return f.out.Segment(f.trailer, text(values...)...)
}

// setCodes are AK502 to AK506: what is wrong with the set as a whole, and that a segment in it is. A 999 tells a
// breach of the standard from one of the guide.
func (f *functional) setCodes(findings []edi.Finding) []string {
	var codes []string
	for i := range findings {
		finding := &findings[i]
		k, _ := edi.KindOf(finding.Code)
		codes = addCode(codes, codeIn("718", k.Set, f.release))
		if finding.Code == "edi.envelope-element" || k.Element != "" {
			codes = addCode(codes, codeIn("718", placeCode("718", finding), f.release))
		}
		switch {
		case k.Segment == "":
		case f.name == set999.name && finding.Level == edi.LevelGuide:
			codes = addCode(codes, "I5")
		default:
			codes = addCode(codes, "5")
		}
	}
	if len(codes) == 0 {
		return []string{"5"} // refused above the syntax
	}
	return firstCodes(codes)
}

// addCode adds a code that is not there.
func addCode(codes []string, code string) []string {
	if code == "" {
		return codes
	}
	for _, c := range codes {
		if c == code {
			return codes
		}
	}
	return append(codes, code)
}

// firstCodes returns the five codes that AK5 and AK9 have room for, in the order of their numbers.
func firstCodes(codes []string) []string {
	rank := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 1000 // codes of guides come last
		}
		return n
	}
	for i := 1; i < len(codes); i++ {
		for j := i; j > 0 && rank(codes[j]) < rank(codes[j-1]); j-- {
			codes[j], codes[j-1] = codes[j-1], codes[j]
		}
	}
	return codes[:min(len(codes), 5)]
}
