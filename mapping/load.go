package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"peacebridge/edi"
	"peacebridge/mapping/cargo"
)

// statuses are the marks of how far a fact can be trusted, best first.
var statuses = map[string]bool{
	"confirmed":             true, // an agency document or its own sample
	"confirmed-base":        true, // the base standard
	"confirmed-third-party": true, // a vendor's document or data
	"derived":               true, // our reasoning from such facts
	"recalled":              true, // general knowledge, to be checked before certification
	"proposed":              true, // ours
}

// zoneRule finds the time zone of local times: fixed, or that of a port.
type zoneRule struct {
	fixed *time.Location
	port  *slot
}

// envelope is how interchanges of the guide are written, and which ones it reads.
type envelope struct {
	version   string            // ISA12, UNB S001 as UNOA:4
	group     string            // GS01; UNG 0038; "" writes no group
	release   string            // GS08 or "D:03B"; of the group
	message   string            // UNH: "D.03B"
	assoc     string            // UNH 0057
	agency    string            // UNH 0051
	reads     []string          // releases that are read
	sender    edi.Address       // unless the caller names one
	receiver  edi.Address       // the same
	app       map[string]string // UNB 0026 by usage
	eightDate bool              // UNB date with century
}

// guideLoader compiles one file.
type guideLoader struct {
	*loader
	g      *Guide
	lib    *Library
	blocks map[string]block
	named  map[string][]string
	nextID int
	using  []string // blocks that are being expanded, against recursion
}

// loadGuide compiles a guide file. Blocks are those that the guide's agency shares.
func (l *Library) loadGuide(name, file string, b []byte, blocks map[string]block) (*Guide, error) {
	sum := sha256.Sum256(b)
	g := &Guide{Name: name, Title: map[string]string{}, Hash: "sha256:" + hex.EncodeToString(sum[:])}
	g.compiled = compiled{lib: l, file: file, byID: map[int]*node{}, scopes: map[string]*scope{}, bound: map[cargo.Path][]*binding{}}
	gl := &guideLoader{loader: &loader{file: file}, g: g, lib: l, blocks: map[string]block{}, named: map[string][]string{}}
	for k, v := range blocks {
		gl.blocks[k] = v
	}
	if m := gl.document(b); m != nil {
		gl.guide(m)
	}
	if err := gl.err(); err != nil {
		return nil, err
	}
	spec, err := edi.Builtin().Compile(g.overlay)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	g.spec, g.infos = spec, definitions(spec)
	return g, nil
}

func (gl *guideLoader) guide(m *mapping) {
	g := gl.g
	if name := m.text("guide"); name != g.Name {
		gl.errorf(m.line, "guide %q stands in the file of %s", name, g.Name)
	}
	parts := strings.Split(g.Name, "/")
	if len(parts) != 3 {
		gl.errorf(m.line, "a guide is named agency/mode/message")
		return
	}
	g.Mode = parts[1]
	g.Agency, g.Version, g.Source = m.text("agency"), m.text("version"), m.text("source")
	if title := m.table("title"); title != nil {
		for _, lang := range []string{"en", "fr"} {
			if g.Title[lang] = title.text(lang); g.Title[lang] == "" {
				gl.errorf(title.line, "title: %s is needed", lang)
			}
		}
		title.done("title")
	}
	g.Status = gl.statusOf(m)
	g.status = g.Status
	for _, need := range []string{"agency", "version", "source", "status", "title", "record", "base", "envelope", "message"} {
		if !m.has(need) {
			gl.errorf(m.line, "%s is needed", need)
		}
	}
	g.Class = m.text("record")
	if g.accepts = m.texts("accepts"); g.accepts == nil {
		g.accepts = []string{g.Class}
	}
	g.Reads, g.Writes = true, true
	switch only := m.text("only"); only {
	case "":
	case "read":
		g.Writes = false
	case "write":
		g.Reads = false
	default:
		gl.errorf(m.line, "only: read or write")
	}
	if (!g.Reads || !g.Writes) && m.text("because") == "" {
		gl.errorf(m.line, "a guide that works one way says because")
	}
	gl.base(m.table("base"))
	gl.envelope(m.table("envelope"))
	if t := m.table("extend"); t != nil {
		gl.extend(t)
	}
	if t := m.table("conditions"); t != nil {
		for i, k := range t.keys {
			t.seen[i] = true
			gl.named[k.Value] = gl.texts(t.vals[i])
		}
	}
	gl.wants(m)
	if t := m.table("blocks"); t != nil {
		for i, k := range t.keys {
			t.seen[i] = true
			gl.blocks[k.Value] = block{gl.file, t.vals[i]}
		}
	}
	if n := m.get("text"); n != nil {
		g.text = gl.characters(n)
	}
	if g.Writes && g.text.allowed == "" {
		gl.errorf(m.line, "text: a guide that writes names its character set")
	}
	sc := rootScope()
	if t := m.table("stands"); t != nil {
		for i, k := range t.keys {
			t.seen[i] = true
			s, err := compileSlot(sc, k.Value)
			if err != nil {
				gl.errorf(k.Line, "%v", err)
				continue
			}
			g.sets, g.setValue = append(g.sets, s), append(g.setValue, gl.scalar(t.vals[i]))
		}
	}
	if n := m.get("for"); n != nil {
		items := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			items = n.Content
		}
		for _, item := range items {
			if list, inner := gl.list(sc, item); list != nil {
				g.each, sc = append(g.each, list), inner
			}
		}
		if len(g.each) > 1 && g.Writes {
			gl.errorf(n.Line, "for: a guide that writes makes one message for each item of one list")
		}
	}
	if z := m.get("zone"); z != nil {
		g.zone = gl.zoneRule(sc, z)
	}
	g.unused = splitWords(m.text("unused"))
	if body := m.get("message"); body != nil {
		g.body = gl.bodyOf(body, sc, nil)
		g.overlay.Name = g.Name
		g.overlay.Body = overlayBody(g.body)
	}
	gl.required(m)
	m.done("guide")
}

// required checks that reading can make a valid record: what the class requires is bound, or stood for.
func (gl *guideLoader) required(m *mapping) {
	if !gl.g.Reads {
		return
	}
	for _, path := range cargo.Dictionary().Required(gl.g.Class) {
		elem, ok := cargo.Dictionary().Lookup(path)
		if !ok || !elem.Leaf() || path == "class" || path == "agency" || gl.g.bound[path] != nil {
			continue
		}
		stood := false
		for _, s := range gl.g.sets {
			stood = stood || s.path == path
		}
		if !stood {
			gl.errorf(m.line, "records of class %s need %s: bind it, or say it in stands", gl.g.Class, path)
		}
	}
}

func (gl *guideLoader) statusOf(m *mapping) string {
	s := m.text("status")
	if s != "" && !statuses[s] {
		gl.errorf(m.line, "status %q: one of %s was expected", s, strings.Join(sortedKeys(statuses), ", "))
	}
	return s
}

func (gl *guideLoader) base(m *mapping) {
	if m == nil {
		return
	}
	g := gl.g
	syntax, err := edi.ParseSyntax(m.text("syntax"))
	if err != nil || syntax == edi.Unknown {
		gl.errorf(m.line, "base: syntax is x12 or edifact")
	}
	g.Syntax, g.Message = syntax.String(), m.text("message")
	g.overlay.Syntax, g.overlay.Release, g.overlay.Message = syntax, m.text("release"), g.Message
	m.text("note")
	m.done("base")
}

func (gl *guideLoader) envelope(m *mapping) {
	if m == nil {
		return
	}
	e := &gl.g.env
	e.version, e.group, e.release = m.text("version"), m.text("group"), m.text("release")
	e.message, e.assoc, e.agency = m.text("message"), m.text("association"), m.text("agency")
	e.reads = m.texts("reads")
	e.sender, e.receiver = gl.address(m, "sender"), gl.address(m, "receiver")
	if t := m.table("application"); t != nil {
		e.app = map[string]string{"P": t.text("P"), "T": t.text("T")}
		t.done("application")
	}
	e.eightDate = strings.HasSuffix(e.version, ":4")
	if e.version == "" {
		gl.errorf(m.line, "envelope: version is needed: ISA12, or the syntax identifier and version of UNB")
	}
	if e.group != "" && e.release == "" {
		gl.errorf(m.line, "envelope: a group needs release: GS08, or version and release of UNG (D:03B)")
	}
	if len(e.reads) == 0 {
		gl.errorf(m.line, "envelope: reads is needed: the releases that are read")
	}
	m.text("note")
	m.done("envelope")
}

func (gl *guideLoader) address(m *mapping, key string) edi.Address {
	text := m.text(key)
	q, id, ok := strings.Cut(text, ":")
	if !ok && text != "" {
		gl.errorf(m.line, "envelope: %s is QUALIFIER:ID", key)
	}
	return edi.Address{Qualifier: q, ID: id}
}

// extend takes segments from later releases, or changes single positions.
func (gl *guideLoader) extend(m *mapping) {
	for i, k := range m.keys {
		m.seen[i] = true
		t := gl.mapping(m.vals[i])
		if t == nil {
			continue
		}
		def := edi.SegmentDef{Tag: k.Value, Name: t.text("name"), From: t.text("from"), Drop: t.texts("drop"), Conditions: t.texts("conditions")}
		if p := t.table("positions"); p != nil {
			for j, pk := range p.keys {
				p.seen[j] = true
				pos, err := parsePosition(pk.Value)
				d := gl.mapping(p.vals[j])
				if err != nil || pos.component != 0 || d == nil {
					gl.errorf(pk.Line, "extend: a position is the number of an element")
					continue
				}
				def.Elements = append(def.Elements, edi.ElementRef{
					Position: pos.element, Ref: d.text("element"), Required: d.bool("required"),
					Type: d.text("type"), Min: d.number("min"), Max: d.number("max"),
				})
				d.done("extend " + k.Value)
			}
		}
		t.text("note")
		t.done("extend " + k.Value)
		gl.g.overlay.Segments = append(gl.g.overlay.Segments, def)
	}
}

func (gl *guideLoader) zoneRule(sc *scope, n *yaml.Node) *zoneRule {
	text := gl.scalar(n)
	if loc, err := time.LoadLocation(text); err == nil && text != "" && !strings.Contains(text, ".") {
		return &zoneRule{fixed: loc}
	}
	s, err := compileSlot(sc, text)
	if err != nil {
		gl.errorf(n.Line, "zone: neither a time zone nor a path: %v", err)
		return nil
	}
	return &zoneRule{port: s}
}

// list compiles the path of a repeating group and opens the scope of its items.
func (gl *guideLoader) list(sc *scope, n *yaml.Node) (*slotList, *scope) {
	path, err := sc.absolute(gl.scalar(n))
	if err == nil && !strings.HasSuffix(string(path), "[]") {
		err = fmt.Errorf("%s does not repeat; use at", path)
	}
	if err == nil {
		if elem, ok := cargo.Dictionary().Lookup(path); ok && elem.Leaf() {
			err = fmt.Errorf("%s is a list of values, not of groups", path)
		}
	}
	if err != nil {
		gl.errorf(n.Line, "%v", err)
		return nil, nil
	}
	s := &slotList{path: path}
	base := cargo.Path("")
	for d, f := range sc.frames {
		if f == "" || strings.HasPrefix(string(path), string(f)+".") {
			s.depth, base = d, f
		}
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(string(path), string(base)), ".")
	if strings.Contains(rel, "[].") {
		gl.errorf(n.Line, "%s: open the list outside of it first", path)
		return nil, nil
	}
	if s.ref, err = cargo.CompileRef(base, rel); err != nil {
		gl.errorf(n.Line, "%v", err)
		return nil, nil
	}
	s.name = strings.TrimSuffix(rel, "[]")
	inner := sc.each(path)
	s.inner = inner.depth
	return s, inner
}

func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' })
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
