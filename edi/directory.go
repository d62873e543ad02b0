package edi

import (
	"archive/zip"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"
)

//go:generate go run ./internal/pack/cmd directories

//go:embed directories/*.zip
var packed embed.FS

// Directories holds directories of segments, composites, elements, codes and messages, by release. It loads a
// release when it is first used and is safe for concurrent use.
type Directories struct {
	open func(syntax Syntax, release string) (fs.FS, error)
	list func() []Release

	mu       sync.Mutex
	releases map[string]*release
	specs    map[string]*Spec
	services map[string]*service
}

// Release names a directory.
type Release struct {
	Syntax   Syntax   `json:"syntax"`
	Name     string   `json:"release"` // "005010", "D03B"; "SYNTAX4" for the service segments of EDIFACT
	Messages []string `json:"messages"`
}

var builtin = sync.OnceValue(func() *Directories {
	return newDirectories(openPacked, listPacked)
})

// Builtin returns the directories that are built in.
func Builtin() *Directories { return builtin() }

// OpenDirectories returns the directories in fsys, laid out as edi/directories is: x12/005010/997.json beside
// segments.json, composites.json, elements.json and codes.json. A release or message is added by adding files. What a
// folder does not say about a release that is built in is as it is there, so that one file adds a message.
func OpenDirectories(fsys fs.FS) *Directories {
	open := func(syntax Syntax, release string) (fs.FS, error) {
		dir := path.Join(syntax.String(), release)
		if info, err := fs.Stat(fsys, dir); err != nil || !info.IsDir() || !fs.ValidPath(release) {
			// Service segments are those that are built in unless fsys brings its own.
			if syntax == EDIFACT && strings.HasPrefix(release, "SYNTAX") {
				return openPacked(syntax, release)
			}
			return nil, fmt.Errorf("%s %s: %w", syntax, release, ErrUnknownRelease)
		}
		own, err := fs.Sub(fsys, dir)
		if err != nil {
			return nil, err
		}
		if base, err := openPacked(syntax, release); err == nil {
			return layered{own, base}, nil
		}
		return own, nil
	}
	list := func() []Release {
		var out []Release
		for _, syntax := range []Syntax{X12, EDIFACT} {
			entries, _ := fs.ReadDir(fsys, syntax.String()) // a syntax that is absent has no releases
			for _, e := range entries {
				if sub, err := fs.Sub(fsys, path.Join(syntax.String(), e.Name())); err == nil && e.IsDir() {
					out = append(out, Release{syntax, e.Name(), messagesIn(sub)})
				}
			}
		}
		return out
	}
	return newDirectories(open, list)
}

func newDirectories(open func(Syntax, string) (fs.FS, error), list func() []Release) *Directories {
	return &Directories{
		open: open, list: list,
		releases: make(map[string]*release), specs: make(map[string]*Spec), services: make(map[string]*service),
	}
}

// Releases lists what there is, X12 first, by name.
func (d *Directories) Releases() []Release { return d.list() }

// Spec compiles a message of a release: "005010", "997" or "D03B", "APERAK". It returns ErrUnknownRelease or
// ErrUnknownMessage for what is not there: no release stands in for another here.
func (d *Directories) Spec(syntax Syntax, release, message string) (*Spec, error) {
	release = serviceRelease(syntax, release)
	key := syntax.String() + " " + release + " " + message
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, ok := d.specs[key]; ok {
		return s, nil
	}
	r, err := d.release(syntax, release)
	if err != nil {
		return nil, err
	}
	s, err := r.spec(message)
	if err != nil {
		return nil, err
	}
	d.specs[key] = s
	return s, nil
}

// serviceRelease maps the release of a service message such as CONTRL to its directory: its version is that of
// the syntax (ISO 9735-4), and before version 4 it was written in several ways.
func serviceRelease(syntax Syntax, release string) string {
	if syntax != EDIFACT {
		return release
	}
	switch release {
	case "41", "42", "40":
		return "SYNTAX4"
	case "31", "30", "21", "22", "20", "D3":
		return "SYNTAX3"
	}
	return release
}

// release returns a loaded release. The caller holds the lock.
func (d *Directories) release(syntax Syntax, name string) (*release, error) {
	key := syntax.String() + " " + name
	if r, ok := d.releases[key]; ok {
		return r, nil
	}
	fsys, err := d.open(syntax, name)
	if err != nil {
		return nil, err
	}
	r, err := loadRelease(fsys, syntax, name)
	if err != nil {
		return nil, err
	}
	if syntax == EDIFACT && name != "SYNTAX4" {
		if r.service, err = d.release(EDIFACT, "SYNTAX4"); err != nil {
			return nil, err
		}
	}
	d.releases[key] = r
	return r, nil
}

// service holds the definitions of envelope segments.
type service struct {
	release string
	uses    map[string]*segmentUse
}

// service returns the envelope definitions for ISA12 or a syntax version; nil when there are none.
func (d *Directories) service(syntax Syntax, version string) *service {
	name := "SYNTAX4"
	switch {
	case syntax == X12 && version < "00402":
		name = "004010"
	case syntax == X12:
		name = "005010"
	case version < "4":
		name = "SYNTAX3"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key := syntax.String() + " " + name
	if s, ok := d.services[key]; ok {
		return s
	}
	r, err := d.release(syntax, name)
	if err != nil {
		return nil // directories without this release check no envelope elements
	}
	s := &service{release: name, uses: make(map[string]*segmentUse)}
	for tag, def := range r.segments {
		if envelopeTag(syntax, tag) {
			if use, err := r.use(def, nil); err == nil {
				s.uses[tag] = use
			}
		}
	}
	d.services[key] = s
	return s
}

func envelopeTag(syntax Syntax, tag string) bool {
	if syntax == EDIFACT {
		switch tag {
		case "UNB", "UNG", "UNE", "UNZ", "UNO", "UNP":
			return true
		}
		return false
	}
	switch tag {
	case "GS", "GE", "IEA", "TA1":
		return true
	}
	return false
}

// Segment returns a segment's definition as a release has it.
func (d *Directories) Segment(syntax Syntax, release, tag string) (SegmentDef, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, err := d.release(syntax, serviceRelease(syntax, release))
	if err != nil {
		return SegmentDef{}, err
	}
	if def := r.segment(tag); def != nil {
		return *def, nil
	}
	return SegmentDef{}, fmt.Errorf("%s %s: segment %s: not defined", syntax, release, tag)
}

// Element returns an element's definition as a release has it, codes left out.
func (d *Directories) Element(syntax Syntax, release, id string) (ElementDef, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, err := d.release(syntax, serviceRelease(syntax, release))
	if err != nil {
		return ElementDef{}, err
	}
	if def := r.element(id); def != nil {
		return *def, nil
	}
	return ElementDef{}, fmt.Errorf("%s %s: element %s: not defined", syntax, release, id)
}

// Composite returns a composite's definition as a release has it.
func (d *Directories) Composite(syntax Syntax, release, id string) (CompositeDef, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, err := d.release(syntax, serviceRelease(syntax, release))
	if err != nil {
		return CompositeDef{}, err
	}
	if def := r.composite(id); def != nil {
		return *def, nil
	}
	return CompositeDef{}, fmt.Errorf("%s %s: composite %s: not defined", syntax, release, id)
}

// CodeName returns the short name that a release gives to a code; "" when it has none.
func (d *Directories) CodeName(syntax Syntax, release, element, code string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, err := d.release(syntax, serviceRelease(syntax, release))
	if err != nil {
		return ""
	}
	return r.codeList(element)[code]
}

func openPacked(syntax Syntax, name string) (fs.FS, error) {
	b, err := packed.ReadFile("directories/" + syntax.String() + "-" + name + ".zip")
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", syntax, name, ErrUnknownRelease)
	}
	return zip.NewReader(bytes.NewReader(b), int64(len(b)))
}

func listPacked() []Release {
	entries, _ := packed.ReadDir("directories") // an embedded folder is always there
	var out []Release
	for _, e := range entries {
		syntax, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), ".zip"), "-")
		s, err := ParseSyntax(syntax)
		if err != nil {
			continue
		}
		if fsys, err := openPacked(s, name); err == nil {
			out = append(out, Release{s, name, messagesIn(fsys)})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Syntax < out[j].Syntax })
	return out
}

// layered is a folder on top of a release that is built in.
type layered struct{ own, base fs.FS }

// Open opens a file of the folder, else that of the release.
func (l layered) Open(name string) (fs.File, error) {
	f, err := l.own.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return l.base.Open(name)
	}
	return f, err
}

// messagesIn lists the messages of a release: every file that is no list.
func messagesIn(fsys fs.FS) []string {
	names, _ := fs.Glob(fsys, "*.json") // the pattern is well formed
	var out []string
	for _, n := range names {
		if !isList(n) {
			out = append(out, strings.TrimSuffix(n, ".json"))
		}
	}
	return out
}

// isList reports whether a file of a release is no message.
func isList(name string) bool {
	switch strings.TrimSuffix(name, ".json") {
	case "segments", "composites", "elements", "codes", "code-values", "envelope":
		return true
	}
	return false
}
