package mapping

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// LoadWith compiles the guides that are built in together with those of a tree of the same form. A file of the tree
// stands for the built-in one of the same name; what it lacks is the built-in one's.
func LoadWith(own fs.FS) (*Library, error) {
	for _, pattern := range []string{"guides/*/*/*.yaml", "codes/*.csv"} {
		if files, err := fs.Glob(own, pattern); err != nil || len(files) > 0 {
			return Load(layered{own, builtinFiles})
		}
	}
	return nil, ErrNoGuides
}

// ErrNoGuides says that a tree holds nothing that LoadWith looks for.
var ErrNoGuides = errors.New("no guides in it: want guides/AGENCY/MODE/MESSAGE.yaml, or codes/NAME.csv")

// layered is one file tree upon another.
type layered struct{ top, base fs.FS }

func (o layered) Open(name string) (fs.File, error) {
	f, err := o.top.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.base.Open(name)
	}
	return f, err
}

// ReadDir lists what either tree has, for fs.Glob.
func (o layered) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.top, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	below, baseErr := fs.ReadDir(o.base, name)
	if err != nil && baseErr != nil {
		return nil, baseErr
	}
	for _, e := range below {
		if !slices.ContainsFunc(entries, func(t fs.DirEntry) bool { return t.Name() == e.Name() }) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}
