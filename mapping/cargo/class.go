package cargo

import (
	"fmt"
	"slices"
	"strings"
)

// Record classes that code here names. The whole closed list is in codes.csv.
const (
	CargoReport      = "cargo.report"
	ConveyanceReport = "conveyance.report"
)

// A class is a record class with the members that its records must have.
type class struct {
	name     string
	required []*node
}

// Required is the elements that a record of this class must have: values, or groups of which something is there.
// The identifier is never among them: the gateway gives one to a record that comes without.
func (d *Dict) Required(class string) []Path {
	c := d.classes[class]
	if c == nil {
		return nil
	}
	var out []Path
	for _, n := range c.required {
		out = append(out, n.element.Path)
	}
	return out
}

// Classes is the names of the record classes.
func (d *Dict) Classes() []string {
	var out []string
	for _, c := range d.lists["record-class"].Codes {
		out = append(out, c.Code)
	}
	return out
}

// loadClasses reads classes.csv and checks it against the closed list of classes and the dictionary.
func (d *Dict) loadClasses() (map[string]*class, error) {
	rows, err := readTable("classes.csv", classesCSV, "class,required")
	if err != nil {
		return nil, err
	}
	classes := map[string]*class{}
	for _, f := range rows {
		c := &class{name: f[0]}
		for p := range strings.FieldsSeq(f[1]) {
			n := d.nodes[Path(p)]
			if n == nil || !n.element.In(c.name) {
				return nil, fmt.Errorf("classes.csv: %s: %s is no element of the class", c.name, p)
			}
			c.required = append(c.required, n)
		}
		classes[c.name] = c
	}
	for _, name := range d.Classes() {
		if classes[name] == nil {
			return nil, fmt.Errorf("classes.csv: no row for %s", name)
		}
	}
	for _, e := range d.elements {
		for _, name := range e.Classes {
			if name != "*" && !slices.Contains(d.Classes(), name) {
				return nil, fmt.Errorf("elements.csv: %s: class %s is not in codes.csv", e.Path, name)
			}
		}
	}
	return classes, nil
}

// present reports whether r has a value at or below n.
func (n *node) present(r *Record) bool {
	return len(r.Instances(n.element.Path)) > 0
}
