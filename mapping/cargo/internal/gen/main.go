// Command gen writes the Go types of the cargo record from elements.csv.
//
// It runs by go generate in package cargo. Each group of the dictionary becomes a struct whose members are
// strings, lists of strings, pointers to groups or lists of such pointers, and a few methods that reach the
// members by number, so that nothing needs reflection. types.csv says what each struct is called and where it stands.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("dir", ".", "folder of package cargo")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	elements, err := os.ReadFile(filepath.Join(dir, "elements.csv"))
	if err != nil {
		return err
	}
	types, err := os.ReadFile(filepath.Join(dir, "internal", "gen", "types.csv"))
	if err != nil {
		return err
	}
	files, err := Files(elements, types)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
