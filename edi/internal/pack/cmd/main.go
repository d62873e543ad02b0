// Command cmd packs the directories below the folder named; go generate in package edi runs it.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"peacebridge/edi/internal/pack"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: pack DIRECTORIES")
	}
	releases, err := filepath.Glob(filepath.Join(args[0], "*", "*"))
	if err != nil {
		return err
	}
	for _, dir := range releases {
		b, err := pack.Pack(dir)
		if err != nil {
			return err
		}
		syntax := filepath.Base(filepath.Dir(dir))
		name := filepath.Join(args[0], syntax+"-"+filepath.Base(dir)+".zip")
		if err := os.WriteFile(name, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
