package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"peacebridge/mapping/cargo"
)

// A scope is the place in the record that paths of a guide are relative to. Loops and segments open scopes:
// "for: consignment[]" one for each consignment, "at: shipper" one that stays inside the consignment.
type scope struct {
	parent *scope
	path   cargo.Path // where it stands: consignment[].shipper
	depth  int        // frame that it lives in at run time
	frames []cargo.Path
}

func rootScope() *scope { return &scope{frames: []cargo.Path{""}} }

// at opens a scope for a single group.
func (s *scope) at(path cargo.Path) *scope {
	return &scope{parent: s, path: path, depth: s.depth, frames: s.frames}
}

// each opens a scope with a frame of its own: one item of a repeating group.
func (s *scope) each(path cargo.Path) *scope {
	frames := append(append([]cargo.Path{}, s.frames...), path)
	return &scope{parent: s, path: path, depth: len(frames) - 1, frames: frames}
}

// absolute resolves a path as a guide writes it: relative to the scope, "../" from the scope outside, "/" from
// the record.
func (s *scope) absolute(rel string) (cargo.Path, error) {
	for strings.HasPrefix(rel, "../") {
		if s.parent == nil {
			return "", fmt.Errorf("path %q leaves the record", rel)
		}
		s, rel = s.parent, rel[3:]
	}
	if strings.HasPrefix(rel, "/") {
		return cargo.Path(rel[1:]), nil
	}
	if s.path == "" {
		return cargo.Path(rel), nil
	}
	return s.path + cargo.Path("."+rel), nil
}

// frame is a scope at run time: an item of the record, and its name in reports.
type frame struct {
	group    cargo.Group
	instance string
	ordinal  int          // counts the loop instances that were written, from 1
	key      string       // of the item of a find
	first    bool         // the first item of a find that is written
	absent   []choice     // reading: constants that stand for no item
	open     func(*frame) // reading: makes the item when its first value comes, nil when it stands or has none
}

// hold makes sure that the frame has a group to put values in.
func (f *frame) hold() bool {
	if f.group == nil && f.open != nil {
		f.open(f)
		f.open = nil
	}
	return f.group != nil
}

func (f *frame) name(rel string) string {
	if f.instance == "" {
		return rel
	}
	return f.instance + "." + rel
}

// slot is a compiled path: the frame to start at, the lists to go through, the leaf.
type slot struct {
	path   cargo.Path
	elem   *cargo.Element
	depth  int
	lists  []*cargo.Ref // from one to the next
	names  []string     // of the lists, without brackets
	leaf   *cargo.Ref
	name   string // of the leaf
	many   bool   // the leaf itself repeats
	scheme string // id[scheme]: values of that list only
}

// compileSlot resolves a path of a guide against the dictionary.
func compileSlot(sc *scope, rel string) (*slot, error) {
	scheme := ""
	if i := strings.IndexByte(rel, '['); i >= 0 && strings.HasSuffix(rel, "]") {
		if j := strings.LastIndexByte(rel, '['); j+1 < len(rel)-1 {
			scheme = rel[j+1 : len(rel)-1]
			rel = rel[:j] + "[]"
		}
	}
	path, err := sc.absolute(rel)
	if err != nil {
		return nil, err
	}
	elem, ok := cargo.Dictionary().Lookup(path)
	if !ok {
		single := cargo.Path(strings.TrimSuffix(string(path), "[]"))
		if elem, ok = cargo.Dictionary().Lookup(single); !ok || scheme == "" || strings.HasSuffix(string(single), "[]") {
			return nil, notInDictionary(path)
		}
		path = single
	}
	if !elem.Leaf() {
		return nil, fmt.Errorf("%s is a group, not a value", path)
	}
	switch {
	case scheme == "":
	case !contains(elem.Lists, scheme):
		return nil, fmt.Errorf("%s has no scheme %s (but %s)", path, scheme, strings.Join(elem.Lists, ", "))
	case len(elem.Lists) == 1:
		scheme = "" // the only list is implied, and does not stand in the value
	}
	s := &slot{path: path, elem: elem, scheme: scheme, many: strings.HasSuffix(string(path), "[]")}
	return s, s.resolve(sc)
}

// resolve finds the innermost frame that the path begins with, and compiles the way from there.
func (s *slot) resolve(sc *scope) error {
	base := cargo.Path("")
	for d, f := range sc.frames {
		if f == "" || strings.HasPrefix(string(s.path), string(f)+".") {
			s.depth, base = d, f
		}
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(string(s.path), string(base)), ".")
	at := base
	for {
		i := strings.Index(rest, "[].")
		if i < 0 {
			break
		}
		ref, err := cargo.CompileRef(at, rest[:i+2])
		if err != nil {
			return err
		}
		s.lists, s.names = append(s.lists, ref), append(s.names, rest[:i])
		if at != "" {
			at += "."
		}
		at, rest = at+cargo.Path(rest[:i+2]), rest[i+3:]
	}
	ref, err := cargo.CompileRef(at, rest)
	s.leaf, s.name = ref, strings.TrimSuffix(rest, "[]")
	return err
}

// single reports whether the slot holds at most one value in its frame.
func (s *slot) single() bool { return len(s.lists) == 0 && !s.many }

// all calls fn for every value, until it returns false.
func (s *slot) all(frames []*frame, fn func(value, instance string) bool) {
	if s.depth < len(frames) && frames[s.depth].group != nil {
		s.walk(frames[s.depth].group, frames[s.depth], 0, fn)
	}
}

func (s *slot) walk(g cargo.Group, f *frame, level int, fn func(value, instance string) bool) bool {
	if level < len(s.lists) {
		for i, item := range s.lists[level].Items(g) {
			if item == nil {
				continue
			}
			if !s.walk(item, &frame{instance: f.name(indexed(s.names[level], i))}, level+1, fn) {
				return false
			}
		}
		return true
	}
	if s.many {
		for i, v := range s.leaf.Values(g) {
			if v, ok := s.strip(v); ok && !fn(v, f.name(indexed(s.name, i))) {
				return false
			}
		}
		return true
	}
	if v, ok := s.leaf.Get(g); ok && v != "" {
		if v, ok := s.strip(v); ok {
			return fn(v, f.name(s.name))
		}
	}
	return true
}

// strip takes the scheme off; false for a value of another scheme.
func (s *slot) strip(v string) (string, bool) {
	if s.scheme == "" {
		return v, v != ""
	}
	return strings.CutPrefix(v, s.scheme+":")
}

// next names the place of a first value.
func (s *slot) next() string {
	if s.many {
		return indexed(s.name, 0)
	}
	return s.name
}

// first returns the first value.
func (s *slot) first(frames []*frame) (value, instance string) {
	s.all(frames, func(v, in string) bool {
		value, instance = v, in
		return false
	})
	return value, instance
}

// errConflict says that a single place was given two different values.
var errConflict = fmt.Errorf("another value stands there already")

// put stores a value: in the single place, or at the end of the list. A list of numbers or codes holds each once;
// lines of text may be alike.
func (s *slot) put(frames []*frame, v string) (instance string, err error) {
	f := frames[s.depth]
	normal, err := s.elem.Normalise(s.qualified(v))
	if err != nil {
		return "", err
	}
	if !f.hold() {
		return "", errNoGroup
	}
	found := ""
	if s.single() || s.elem.Type != "text" {
		s.all(frames, func(have, in string) bool {
			if s.qualified(have) == normal {
				found = in
			}
			return found == ""
		})
	}
	if found != "" {
		return found, nil
	}
	switch {
	case len(s.lists) > 1:
		return "", fmt.Errorf("%s: more than one list on the way", s.path)
	case len(s.lists) == 1:
		n := len(s.lists[0].Items(f.group))
		item, err := s.lists[0].Append(f.group)
		if err != nil {
			return "", err
		}
		return f.name(indexed(s.names[0], n)) + "." + s.name, s.leaf.Set(item, normal)
	case s.many:
		n := len(s.leaf.Values(f.group))
		return f.name(indexed(s.name, n)), s.leaf.AppendValue(f.group, normal)
	}
	if have, ok := s.leaf.Get(f.group); ok && have != "" {
		return f.name(s.name), errConflict
	}
	return f.name(s.name), s.leaf.Set(f.group, normal)
}

// replace stores a value over what stands in a single place.
func (s *slot) replace(frames []*frame, v string) error {
	normal, err := s.elem.Normalise(s.qualified(v))
	if err != nil {
		return err
	}
	return s.leaf.Set(frames[s.depth].group, normal)
}

func (s *slot) qualified(v string) string {
	if s.scheme == "" {
		return v
	}
	return s.scheme + ":" + v
}

var errNoGroup = fmt.Errorf("there is nothing here to hold it")

func indexed(name string, i int) string { return name + "[" + strconv.Itoa(i) + "]" }

// notInDictionary is the error for a path that there is not, with those that end alike: mostly the list is missing
// in front.
func notInDictionary(path cargo.Path) error {
	const most = 3
	tail := string(path)
	if parts := strings.Split(tail, "."); len(parts) > 1 {
		tail = strings.Join(parts[len(parts)-2:], ".")
	}
	var near []string
	if _, ok := cargo.Dictionary().Lookup(path + "[]"); ok {
		near = append(near, string(path)+"[]")
	}
	for e := range cargo.Dictionary().Leaves() {
		if strings.HasSuffix("."+string(e.Path), "."+tail) && len(near) < most {
			near = append(near, string(e.Path))
		}
	}
	if len(near) == 0 {
		return fmt.Errorf("%s is not in the dictionary", path)
	}
	return fmt.Errorf("%s is not in the dictionary, which has %s", path, strings.Join(near, ", "))
}
