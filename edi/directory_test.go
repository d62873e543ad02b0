package edi

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"peacebridge/edi/internal/pack"
)

// TestDirectoriesResolve compiles every message of every release: each reference in the data leads somewhere.
func TestDirectoriesResolve(t *testing.T) {
	d := Builtin()
	count := 0
	for _, r := range d.Releases() {
		for _, m := range r.Messages {
			s, err := d.Spec(r.Syntax, r.Name, m)
			if err != nil {
				t.Errorf("%s %s %s: %v", r.Syntax, r.Name, m, err)
				continue
			}
			count++
			if s.Len() < 4 {
				t.Errorf("%s %s %s: %d nodes", r.Syntax, r.Name, m, s.Len())
			}
		}
		rel := d.releases[r.Syntax.String()+" "+r.Name]
		if rel == nil {
			continue
		}
		res := resolver{releases: []*release{rel}}
		for tag, def := range rel.segments {
			if _, err := res.use(def); err != nil {
				t.Errorf("%s %s: segment %s: %v", r.Syntax, r.Name, tag, err)
			}
		}
	}
	if count < 120 {
		t.Errorf("%d messages, more expected", count)
	}
}

// TestDirectoriesPacked proves that the embedded files are made from the sources beside them.
func TestDirectoriesPacked(t *testing.T) {
	dirs, err := filepath.Glob("directories/*/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no sources", err)
	}
	for _, dir := range dirs {
		want, err := pack.Pack(dir)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join("directories", filepath.Base(filepath.Dir(dir))+"-"+filepath.Base(dir)+".zip")
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./edi", name)
		}
	}
}

func TestDirectoriesUnknown(t *testing.T) {
	d := Builtin()
	for _, c := range []struct {
		release, message string
		want             error
	}{
		{"005020", "309", ErrUnknownRelease},
		{"", "309", ErrUnknownRelease},
		{"../x12-004010", "309", ErrUnknownRelease},
		{"004010", "999", ErrUnknownMessage},
		{"004010", "segments", ErrUnknownMessage},
		{"004010", "", ErrUnknownMessage},
		{"004010", "../004010/309", ErrUnknownMessage},
		{"004010", "envelope", ErrUnknownMessage},
	} {
		if _, err := d.Spec(X12, c.release, c.message); !errors.Is(err, c.want) {
			t.Errorf("%q %q: %v, want %v", c.release, c.message, err, c.want)
		}
	}
}

// TestDirectoriesFromFiles adds a release and a message without code.
func TestDirectoriesFromFiles(t *testing.T) {
	fsys := fstest.MapFS{
		"x12/009990/segments.json":   {Data: []byte(`{"ST":{"name":"header","elements":[[1,"143","M",1],[2,"329","M",1]]},"SE":{"name":"trailer","elements":[[1,"96","M",1],[2,"329","M",1]]},"ZZ":{"name":"note","elements":[[1,"1","M",2]]}}`)},
		"x12/009990/composites.json": {Data: []byte(`{}`)},
		"x12/009990/elements.json":   {Data: []byte(`{"143":{"name":"set","type":"ID","min":3,"max":3},"329":{"name":"control","type":"AN","min":4,"max":9},"96":{"name":"count","type":"N0","min":1,"max":10},"1":{"name":"text","type":"AN","min":1,"max":5}}`)},
		"x12/009990/111.json":        {Data: []byte(`{"name":"test","structure":[{"seg":"ST","req":"M","max":1},{"seg":"ZZ","req":"M","max":">1"},{"seg":"SE","req":"M","max":1}]}`)},
	}
	d := OpenDirectories(fsys)
	s, err := d.Spec(X12, "009990", "111")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Node(2); got.Tag != "ZZ" || got.Max != 0 || !got.Required || got.Elements[0].Repeat != 2 {
		t.Errorf("%+v", got)
	}
	if r := d.Releases(); len(r) != 1 || len(r[0].Messages) != 1 {
		t.Errorf("%+v", r)
	}
	broken := fstest.MapFS{"x12/1/segments.json": {Data: []byte("{")}}
	if _, err := OpenDirectories(broken).Spec(X12, "1", "2"); err == nil {
		t.Error("a broken file was taken")
	}
}

// TestDirectoriesOnTop adds a message to releases that are built in, each with one file, and a segment with another.
func TestDirectoriesOnTop(t *testing.T) {
	d := OpenDirectories(fstest.MapFS{
		"x12/005010/111.json":      {Data: []byte(`{"structure":[{"seg":"ST","req":"M","max":1},{"seg":"N1","req":"M","max":1},{"seg":"ZZ","req":"O","max":1},{"seg":"SE","req":"M","max":1}]}`)},
		"x12/005010/segments.json": {Data: []byte(`{"ZZ":{"name":"note","elements":[[1,"93","M",1]]}}`)},
		"edifact/D03B/QUOTES.json": {Data: []byte(`{"structure":[{"seg":"UNH","req":"M","max":1},{"seg":"BGM","req":"M","max":1},{"seg":"UNT","req":"M","max":1}]}`)},
	})
	for _, doc := range []string{
		"ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*^*00501*000000001*0*T*>~" +
			"GS*RO*AA*BB*20261121*1430*1*X*005010~ST*111*0001~N1*QQQQ*A~ZZ*B~SE*4*0001~GE*1*1~IEA*1*000000001~",
		"UNB+UNOA:3+A:14+B:14+261121:1430+1'UNH+1+QUOTES:D:03B:UN'BGM+++777'UNT+3+1'UNZ+1+1'",
	} {
		r := NewBytesReader([]byte(doc), Options{Spec: func(m *Message) (*Spec, error) { return d.Spec(m.Interchange.Syntax, m.Release, m.Name) }})
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
		for _, f := range r.Result().Findings {
			if f.Position.MessageSegment != 2 || f.Position.Element == 0 {
				t.Errorf("%+v", f)
			}
		}
		if len(r.Result().Findings) == 0 {
			t.Errorf("%s: lengths and codes of the release were not checked", doc)
		}
	}
	if r := d.Releases(); len(r) != 2 || len(r[0].Messages) != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := d.Spec(X12, "005010", "309"); err != nil {
		t.Error("a message of the release below: ", err)
	}
}

func TestTagTable(t *testing.T) {
	for _, r := range Builtin().Releases() {
		for _, m := range r.Messages {
			s, err := Builtin().Spec(r.Syntax, r.Name, m)
			if err != nil {
				t.Fatal(err)
			}
			for n := 1; n < s.Len(); n++ {
				tag := s.nodes[n].tag
				if i := s.tags.find(tag); i < 0 || s.tags.slot(tagKey(tag)).name != tag {
					t.Fatalf("%s %s: tag %s not found", r.Name, m, tag)
				}
			}
			for _, stranger := range []string{"", "X", "QQQ", "LONG", "zz"} {
				if i := s.tags.find(stranger); i >= 0 {
					t.Errorf("%s found as %d", stranger, i)
				}
			}
		}
	}
}

// TestTagTableLearns tags until it is full and starts anew, and never takes one for another.
func TestTagTableLearns(t *testing.T) {
	var table tagTable
	table.spread(nil, 2*maxLearned, 1)
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			tag := string(a) + string(b)
			table.learn(tagSlot{key: tagKey(tag), name: tag})
			if got := table.slot(tagKey(tag)); got.name != tag {
				t.Fatalf("%s is %q", tag, got.name)
			}
			known := 0
			for _, s := range table.slots {
				if s.key != 0 {
					known++
					if table.slot(s.key).name != s.name {
						t.Fatalf("%s is not where it is looked for", s.name)
					}
				}
			}
			if known > maxLearned {
				t.Fatalf("%d tags", known)
			}
		}
	}
}
