package mapping

import (
	"strings"

	"peacebridge/mapping/cargo"
)

// filler applies standing rules to a record that a guide is about to write.
type filler struct {
	g      *Guide
	rec    *cargo.Record
	out    []Entry
	pairs  Pairs
	byRule map[string]bool
}

// apply fills in what the guide writes and the record lacks: known pairs first, then codes that stand for
// others, then numbers that are made, then defaults. It returns the changed record (the one given is its own).
func (r *Rules) apply(g *Guide, rec *cargo.Record, known Pairs) (*cargo.Record, []Entry, Pairs, map[string]bool) {
	f := &filler{g: g, rec: rec, byRule: map[string]bool{}}
	for _, p := range known {
		f.known(p)
	}
	if r == nil {
		return f.rec, f.out, f.pairs, f.byRule
	}
	f.twins(r)
	for _, m := range r.makers {
		if g.Binds(m.path, true) {
			f.make(m)
		}
	}
	for _, d := range r.defaults {
		if g.Binds(d.path, true) {
			f.fill(d)
		}
	}
	return f.rec, f.out, f.pairs, f.byRule
}

func (f *filler) note(s *slot, instance, by, why string) {
	f.byRule[instance] = true
	f.out = append(f.out, Entry{Path: string(s.path), Instance: instance, By: by, Why: why})
}

// frames opens every instance of the lists on the way to a path.
func (f *filler) frames(path cargo.Path) (*scope, [][]*frame) {
	sc := scopeOf(path)
	all := [][]*frame{{{group: f.rec}}}
	for d, p := range sc.frames[1:] {
		outer := sc.frames[d]
		rel := strings.TrimPrefix(strings.TrimPrefix(string(p), string(outer)), ".")
		ref, err := cargo.CompileRef(outer, rel)
		if err != nil {
			return sc, nil
		}
		var next [][]*frame
		for _, frames := range all {
			top := frames[len(frames)-1]
			for i, g := range ref.Items(top.group) {
				next = append(next, push(frames, &frame{group: g, instance: top.name(indexed(strings.TrimSuffix(rel, "[]"), i))}))
			}
		}
		all = next
	}
	return sc, all
}

func (f *filler) known(p Pair) {
	if !f.g.Binds(p.ToPath, true) {
		return
	}
	sc, all := f.frames(p.ToPath)
	to, err1 := compileSlot(sc, "/"+string(p.ToPath))
	from, err2 := compileSlot(sc, "/"+string(p.FromPath))
	if err1 != nil || err2 != nil {
		return
	}
	for _, frames := range all {
		if have, _ := to.first(frames); have != "" {
			continue
		}
		if v, _ := from.first(frames); v == p.From {
			if in, err := to.put(frames, p.To); err == nil {
				f.note(to, in, "reference pairs", "the pair of a number that is known")
			}
		}
	}
}

// twins replaces codes of another agency's list by those that stand for them here.
func (f *filler) twins(r *Rules) {
	f.rec = cargo.Filter(f.rec, func(l cargo.Leaf) (string, bool) {
		list := f.g.listOf(l.Element.Path)
		if list == "" || strings.HasPrefix(l.Value, list+":") {
			return l.Value, true
		}
		t, ok := r.twins[l.Value]
		if !ok || !strings.HasPrefix(t.to, list+":") {
			return l.Value, true
		}
		if _, err := l.Element.Normalise(t.to); err != nil {
			return l.Value, true
		}
		f.byRule[l.Instance] = true
		f.out = append(f.out, Entry{Path: string(l.Element.Path), Instance: l.Instance, By: t.by, Why: "the code that stands for it here"})
		return t.to, true
	})
}

func (f *filler) make(m maker) {
	sc, all := f.frames(m.path)
	to, err1 := compileSlot(sc, "/"+string(m.path))
	from, err2 := compileSlot(sc, "/"+string(m.from))
	prefix, err3 := compileSlot(sc, "/"+string(m.prefix))
	if err1 != nil || err2 != nil || err3 != nil {
		return
	}
	list := f.g.listOf(m.prefix)
	for _, frames := range all {
		if have, _ := to.first(frames); have != "" {
			continue
		}
		number, _ := from.first(frames)
		code, _ := prefix.first(frames)
		if number == "" || code == "" {
			continue
		}
		if list != "" {
			bare, ok := strings.CutPrefix(code, list+":")
			if !ok {
				continue // a code of another agency: no rule says whose number this would be
			}
			code = bare
		}
		made := m.number(code, number)
		if made == "" {
			continue
		}
		if in, err := to.put(frames, made); err == nil {
			f.note(to, in, m.by, "made of the other agency's number")
			f.pairs = append(f.pairs, Pair{FromPath: m.from, From: number, ToPath: m.path, To: made})
		}
	}
}

// number is the prefix, the literal, and as much of the end of the other number as fits.
func (m maker) number(prefix, other string) string {
	if len(other) <= m.drop {
		return ""
	}
	tail := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || strings.ContainsRune(m.characters, r) {
			return r
		}
		return -1
	}, other[m.drop:])
	room := m.max - len(prefix) - len(m.insert)
	if room < 1 || tail == "" {
		return ""
	}
	if len(tail) > room {
		tail = tail[len(tail)-room:]
	}
	return prefix + m.insert + tail
}

func (f *filler) fill(d ruleDefault) {
	sc, all := f.frames(d.path)
	to, err := compileSlot(sc, "/"+string(d.path))
	if err != nil {
		return
	}
	when, err := parseCondition(rooted(sc), d.when, nil)
	if err != nil {
		return
	}
	for _, frames := range all {
		if have, _ := to.first(frames); have != "" || !when.holds(frames) {
			continue
		}
		if in, err := to.put(frames, d.value); err == nil {
			f.note(to, in, d.by, "a standing rule fills it in")
		}
	}
}
