package edi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

// release is a directory that was loaded.
type release struct {
	syntax     Syntax
	name       string
	fsys       fs.FS
	segments   map[string]*SegmentDef
	composites map[string]*CompositeDef
	elements   map[string]*ElementDef
	coded      map[string]bool // elements with a code list in the files
	codes      func() map[string]map[string]string
	sets       map[string]*codeSet
	uses       map[string]*segmentUse
	service    *release // service segments of EDIFACT; nil in X12
}

func (r *release) segment(tag string) *SegmentDef {
	if s := r.segments[tag]; s != nil || r.service == nil {
		return s
	}
	return r.service.segments[tag]
}

func (r *release) composite(id string) *CompositeDef {
	if c := r.composites[id]; c != nil || r.service == nil {
		return c
	}
	return r.service.composites[id]
}

func (r *release) element(id string) *ElementDef {
	if e := r.elements[id]; e != nil || r.service == nil {
		return e
	}
	return r.service.elements[id]
}

// codeList returns the codes of an element with their names, nil when there is no list.
func (r *release) codeList(element string) map[string]string {
	if l := r.codes()[element]; l != nil || r.service == nil {
		return l
	}
	return r.service.codes()[element]
}

type jsonSegment struct {
	Name         string              `json:"name"`
	Elements     [][]json.RawMessage `json:"elements"`
	Conditions   []string            `json:"conditions"`
	Dependencies []string            `json:"dependencies"`
}

type jsonComposite struct {
	Name         string              `json:"name"`
	Components   [][]json.RawMessage `json:"components"`
	Conditions   []string            `json:"conditions"`
	Dependencies []string            `json:"dependencies"`
}

type jsonElement struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Min   int    `json:"min"`
	Max   int    `json:"max"`
	Coded bool   `json:"coded"`
}

func loadRelease(fsys fs.FS, syntax Syntax, name string) (*release, error) {
	r := &release{
		syntax: syntax, name: name, fsys: fsys,
		segments: make(map[string]*SegmentDef), composites: make(map[string]*CompositeDef),
		elements: make(map[string]*ElementDef), coded: make(map[string]bool),
	}
	r.codes = sync.OnceValue(r.loadCodes)
	var segments map[string]jsonSegment
	var composites map[string]jsonComposite
	var elements map[string]jsonElement
	if err := errors.Join(
		readJSON(fsys, "segments.json", &segments),
		readJSON(fsys, "composites.json", &composites),
		readJSON(fsys, "elements.json", &elements),
	); err != nil {
		return nil, fmt.Errorf("%s %s: %w", syntax, name, err)
	}
	for tag, s := range segments {
		def := &SegmentDef{Tag: tag, Name: s.Name, Conditions: append(s.Conditions, s.Dependencies...)}
		for i, row := range s.Elements {
			ref, err := r.elementRow(row, i)
			if err != nil {
				return nil, fmt.Errorf("%s %s: segments.json: %s: %w", syntax, name, tag, err)
			}
			def.Elements = append(def.Elements, ref)
		}
		r.segments[tag] = def
	}
	for id, c := range composites {
		def := &CompositeDef{ID: id, Name: c.Name, Conditions: append(c.Conditions, c.Dependencies...)}
		for i, row := range c.Components {
			ref, err := r.componentRow(row, i)
			if err != nil {
				return nil, fmt.Errorf("%s %s: composites.json: %s: %w", syntax, name, id, err)
			}
			def.Components = append(def.Components, ref)
		}
		r.composites[id] = def
	}
	for id, e := range elements {
		r.elements[id] = &ElementDef{ID: id, Name: e.Name, Type: e.Type, Min: e.Min, Max: e.Max, Open: r.openList(id, e.Name)}
		r.coded[id] = e.Coded || syntax == X12
	}
	return r, nil
}

// openList tells whether users may agree on codes beyond an element's list. X12 lists are closed (X12.6
// 3.5.1.3). Of UN lists those are closed that say what the data beside them mean, the qualifiers, and those of the
// service segments but for 0007, which partners agree on; all others are extended by agencies every day.
func (r *release) openList(id, name string) bool {
	return r.syntax == EDIFACT && (id == "0007" || !strings.HasPrefix(id, "0") && !strings.Contains(strings.ToLower(name), "qualifier"))
}

// elementRow reads [position, ref, requirement, repeat, {type, min, max}].
func (r *release) elementRow(row []json.RawMessage, index int) (ElementRef, error) {
	ref := ElementRef{Position: index + 1, Repeat: 1}
	var requirement string
	if len(row) < 4 {
		return ref, fmt.Errorf("position %d: %d members, at least 4 expected", index+1, len(row))
	}
	if err := errors.Join(json.Unmarshal(row[1], &ref.Ref), json.Unmarshal(row[2], &requirement)); err != nil {
		return ref, err
	}
	if r.syntax == X12 { // EDIFACT numbers its positions in tens, and not without gaps
		if err := json.Unmarshal(row[0], &ref.Position); err != nil {
			return ref, err
		}
	}
	ref.Required = requirement == "M"
	ref.Repeat = jsonCount(row[3])
	if len(row) > 4 {
		var own jsonElement
		if err := json.Unmarshal(row[4], &own); err != nil {
			return ref, err
		}
		ref.Type, ref.Min, ref.Max = own.Type, own.Min, own.Max
	}
	return ref, nil
}

// componentRow reads [position, ref, requirement] of X12 or [ref, requirement] of EDIFACT.
func (r *release) componentRow(row []json.RawMessage, index int) (ElementRef, error) {
	ref := ElementRef{Position: index + 1, Repeat: 1}
	if len(row) == 3 {
		if err := json.Unmarshal(row[0], &ref.Position); err != nil {
			return ref, err
		}
		row = row[1:]
	}
	if len(row) != 2 {
		return ref, fmt.Errorf("component %d: %d members", index+1, len(row))
	}
	var requirement string
	if err := errors.Join(json.Unmarshal(row[0], &ref.Ref), json.Unmarshal(row[1], &requirement)); err != nil {
		return ref, err
	}
	ref.Required = requirement == "M"
	return ref, nil
}

// jsonCount reads a number, or ">1" for no limit, which is 0.
func jsonCount(raw json.RawMessage) int {
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return 0
	}
	return n
}

// loadCodes reads the code lists: UN directories have names for their codes, X12 releases values only.
func (r *release) loadCodes() map[string]map[string]string {
	lists := make(map[string]map[string]string)
	var values map[string][]string
	_ = readJSON(r.fsys, "code-values.json", &values) // a release without code lists checks none
	for id, codes := range values {
		lists[id] = make(map[string]string, len(codes))
		for _, c := range codes {
			lists[id][c] = ""
		}
	}
	_ = readJSON(r.fsys, "codes.json", &lists) // likewise
	return lists
}

type jsonNode struct {
	Seg      string          `json:"seg"`
	Loop     string          `json:"loop"`
	Group    string          `json:"group"`
	Req      string          `json:"req"`
	Max      json.RawMessage `json:"max"`
	Pos      json.RawMessage `json:"pos"`    // neighbours with the same position may come in any order
	Choose   []Choice        `json:"choose"` // values that tell the node from siblings with its tag
	Rules    []Rule          `json:"rules"`  // of a loop
	Children []jsonNode      `json:"children"`
}

type jsonMessage struct {
	Name            string     `json:"name"`
	FunctionalGroup string     `json:"functionalGroup"`
	Rules           []Rule     `json:"rules"`
	Structure       []jsonNode `json:"structure"`
}

// message reads the structure of a message.
func (r *release) message(name string) (*jsonMessage, error) {
	if name == "" || strings.ToLower(name) == name && strings.Trim(name, "0123456789") != "" || !fs.ValidPath(name) {
		return nil, fmt.Errorf("%s %s %s: %w", r.syntax, r.name, name, ErrUnknownMessage)
	}
	var m jsonMessage
	err := readJSON(r.fsys, name+".json", &m)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(m.Structure) == 0 {
		return nil, fmt.Errorf("%s %s %s: %w", r.syntax, r.name, name, ErrUnknownMessage)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.syntax, r.name, err)
	}
	return &m, nil
}

// readJSON reads a file into v. Of a list in a folder on top of a release, the entries go over those of the release.
func readJSON(fsys fs.FS, name string, v any) error {
	if l, ok := fsys.(layered); ok && isList(name) {
		if err := readJSON(l.base, name, v); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := readJSON(l.own, name, v); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
