package mapping

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"peacebridge/edi"
)

//go:embed guides codes
var builtinFiles embed.FS

// Library is a set of guides with the code lists that they use. It is safe for concurrent use.
type Library struct {
	guides map[string]*Guide
	sorted []*Guide
	codes  *codes
}

var builtin = sync.OnceValues(func() (*Library, error) { return Load(builtinFiles) })

// Builtin returns the guides that are built in, compiled and checked once.
func Builtin() (*Library, error) { return builtin() }

// Load compiles the guides of a file tree: codes/*.csv and guides/<agency>/<mode>/<message>.yaml.
// guides/<agency>/blocks.yaml holds what the guides of an agency share. All errors are reported, with file and
// line.
func Load(fsys fs.FS) (*Library, error) {
	l := &Library{guides: map[string]*Guide{}}
	var err error
	if l.codes, err = loadCodes(fsys, "codes"); err != nil {
		return nil, err
	}
	files, err := fs.Glob(fsys, "guides/*/*/*.yaml")
	if err != nil {
		return nil, err
	}
	shared := map[string]map[string]block{}
	var errs []error
	for _, file := range files {
		agency := strings.Split(file, "/")[1]
		if _, ok := shared[agency]; !ok {
			if shared[agency], err = loadBlocks(fsys, "guides/"+agency+"/blocks.yaml"); err != nil {
				errs = append(errs, err)
			}
		}
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(file, "guides/"), ".yaml")
		g, err := l.loadGuide(name, file, b, shared[agency])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		l.guides[name] = g
		l.sorted = append(l.sorted, g)
	}
	sort.Slice(l.sorted, func(i, j int) bool { return l.sorted[i].Name < l.sorted[j].Name })
	return l, errors.Join(errs...)
}

// block is a body that several loops use.
type block struct {
	file string
	node *yaml.Node
}

func loadBlocks(fsys fs.FS, file string) (map[string]block, error) {
	b, err := fs.ReadFile(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]block{}, nil
	}
	if err != nil {
		return nil, err
	}
	ld := &loader{file: file}
	out := map[string]block{}
	if m := ld.document(b); m != nil {
		if t := m.table("blocks"); t != nil {
			for i, k := range t.keys {
				t.seen[i] = true
				out[k.Value] = block{file, t.vals[i]}
			}
		}
		m.done("blocks")
	}
	return out, ld.err()
}

// Guide finds a guide by name: "cbp/truck/309". The name "json" is a format of its own and no guide.
func (l *Library) Guide(name string) (*Guide, bool) {
	g, ok := l.guides[name]
	return g, ok
}

// Guides returns all guides, sorted by name.
func (l *Library) Guides() []*Guide { return l.sorted }

// Detect finds the guide by which an agency ("us.cbp") reads a message. At ST or UNH only the header is known;
// where several guides share one, the segments decide as far as they are known, else the first by name.
func (l *Library) Detect(m *edi.Message, agency string) (*Guide, bool) {
	var found *Guide
	for _, g := range l.sorted {
		if !g.Reads || agency != "" && g.Agency != agency || !g.header(m) {
			continue
		}
		if found == nil || !found.opens(m) && g.opens(m) {
			found = g
		}
	}
	return found, found != nil
}

// header reports whether the guide reads messages with this header.
func (g *Guide) header(m *edi.Message) bool {
	if m.Name != g.Message || m.Interchange != nil && m.Interchange.Syntax != g.overlay.Syntax || g.env.assoc != m.Association {
		return false
	}
	for _, release := range g.env.reads {
		if ok, _ := path.Match(release, m.Release); ok {
			return true
		}
	}
	return false
}

// opens reports whether the first segment has the constants that the guide asks for.
func (g *Guide) opens(m *edi.Message) bool {
	if len(m.Segments) < 2 || len(g.body) == 0 {
		return false
	}
	seg := &m.Segments[1]
	for _, b := range g.body[0].trigger().bindings {
		if b.verb == verbIs && b.only == bothWays && textAt(seg, b.positions[0]) != b.is {
			return false
		}
		if b.verb == verbCases && !b.hasCase(textAt(seg, b.positions[0])) {
			return false
		}
	}
	return seg.Tag == g.body[0].trigger().tag
}

func (b *binding) hasCase(text string) bool {
	for _, c := range b.cases {
		if c.is == text && c.only != writeOnly {
			return true
		}
	}
	return text == "" && !b.required
}

// errUnknownGuide names a guide that is not there, and one that is near.
func (l *Library) errUnknownGuide(name string) error {
	for _, g := range l.sorted {
		if path.Base(g.Name) == path.Base(name) {
			return fmt.Errorf("guide %q is not known; is %s meant", name, g.Name)
		}
	}
	return fmt.Errorf("guide %q is not known", name)
}
