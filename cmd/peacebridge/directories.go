package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"peacebridge/edi"
	"peacebridge/mapping"
)

// directoriesFlag adds --directories to a command that checks documents.
func directoriesFlag(cmd *cobra.Command, folder *string) {
	cmd.Flags().StringVar(folder, "directories", "", "a folder with directories and messages of your own (x12/005010/850.json), looked at first")
}

// openDirectories opens the folder of --directories and compiles every message in it, so that a mistake in a file is told before
// documents are. Without the flag it returns nil.
func openDirectories(folder string) (*edi.Directories, error) {
	if folder == "" {
		return nil, nil
	}
	if info, err := os.Stat(folder); err != nil {
		return nil, trouble(err)
	} else if !info.IsDir() {
		return nil, trouble(fmt.Errorf("%s: not a folder", oneLine(folder)))
	}
	d := edi.OpenDirectories(os.DirFS(folder))
	releases := d.Releases()
	for _, r := range releases {
		for _, m := range r.Messages {
			if _, err := d.Spec(r.Syntax, r.Name, m); err != nil {
				return nil, trouble(fmt.Errorf("%s: %w", oneLine(folder), err))
			}
		}
	}
	if len(releases) == 0 {
		return nil, trouble(fmt.Errorf("%s: no directories in it", oneLine(folder)), "it holds x12/RELEASE/NAME.json or edifact/RELEASE/NAME.json")
	}
	return d, nil
}

// checkedBy says what messages are held against: a guide, else the folder of --directories, else what is built in. A folder of X12 may be
// named after all that GS08 says, 004010X098A1.
func checkedBy(g *mapping.Guide, own *edi.Directories) func(*edi.Message) (*edi.Spec, error) {
	if g != nil || own == nil {
		return guideSpec(g)
	}
	return func(m *edi.Message) (*edi.Spec, error) {
		syntax := m.Interchange.Syntax
		if m.Group != nil && syntax == edi.X12 {
			if s, err := own.Spec(syntax, m.Group.Version, m.Name); !unknown(err) {
				return s, err
			}
		}
		if s, err := own.Spec(syntax, m.Release, m.Name); !unknown(err) {
			return s, err
		}
		return edi.Builtin().Spec(syntax, m.Release, m.Name)
	}
}

func unknown(err error) bool {
	return errors.Is(err, edi.ErrUnknownRelease) || errors.Is(err, edi.ErrUnknownMessage)
}
