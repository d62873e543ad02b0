package dict

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const header = "path,type,repeat,list,wco_id,name_en,name_fr,sensitivity,classes,note,status\n"

func TestReadRefuses(t *testing.T) {
	for _, tt := range []struct{ name, row, want string }{
		{"repeat against path", "a[],text,1,,,A,A,public,*,,PROPOSED", "elements.csv:3: a[]: repeat and the ending"},
		{"no French name", "a,text,1,,,A,,public,*,,PROPOSED", "a name is missing"},
		{"code without a list", "a,code,1,,,A,A,public,*,,PROPOSED", "a code without a list"},
		{"unknown sensitivity", "a,text,1,,,A,A,secret,*,,PROPOSED", "sensitivity"},
		{"unknown status", "a,text,1,,,A,A,public,*,,GUESSED", "status"},
		{"no classes", "a,text,1,,,A,A,public,,,PROPOSED", "classes stand on record elements"},
		{"classes of a block", "{a}.b,text,1,,,A,A,public,*,,PROPOSED", "classes stand on record elements"},
		{"twice", "a,text,1,,,A,A,public,*,,PROPOSED\na,text,1,,,A,A,public,*,,PROPOSED", "elements.csv:4: a: second row"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read([]byte("# comment\n" + header + tt.row + "\n"))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTreeExpandsBlocks(t *testing.T) {
	rows, err := Read([]byte(header +
		"{place}.code,code,1,port,,Code,Code,public,,,PROPOSED\n" +
		"{place}.at,address,1,,,At,À,commercial,,,PROPOSED\n" +
		"{address}.line[],text,n,,,Line,Ligne,public,,,PROPOSED\n" +
		"trip.stop[],place,n,,,Stop,Escale,commercial,x,,PROPOSED\n" +
		"trip.stop[].code,code,1,other,7,Own code,Code propre,public,x y,,PROPOSED\n" +
		"trip.stop[].eta,time,1,,,Time,Heure,public,y,,PROPOSED\n"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := Tree(rows)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var visit func(n *Node)
	visit = func(n *Node) {
		got = append(got, strings.Join([]string{n.Path, n.Type, n.Sensitivity, strings.Join(n.Classes, " ")}, " | "))
		for _, c := range n.Children {
			visit(c)
		}
	}
	visit(root.Children[0])
	want := []string{
		"trip | group | commercial | x y", // no row: what its members say together
		"trip.stop[] | group | commercial | x y",
		"trip.stop[].code | code | public | x y", // a row of its own wins over the block's, and keeps the block's place
		"trip.stop[].at | group | commercial | x",
		"trip.stop[].at.line[] | text | commercial | x", // at least as sensitive as what names the block
		"trip.stop[].eta | time | public | y",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

func TestTreeRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ rows, want string }{
		"unknown type":  {"a,thing,1,,,A,A,public,*,,PROPOSED\n", "type thing is neither plain nor a block"},
		"block in self": {"{b}.b,b,1,,,A,A,public,,,PROPOSED\na,b,1,,,A,A,public,*,,PROPOSED\n", "nests too deeply"},
		"repeats once":  {"a[].b,text,1,,,A,A,public,*,,PROPOSED\na.c,text,1,,,A,A,public,*,,PROPOSED\n", "repeats in one row"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, err := Read([]byte(header + tt.rows))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = Tree(rows); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
