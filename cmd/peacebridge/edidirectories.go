package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"peacebridge/edi"
)

func ediDirectoriesCommand(t *terminal) *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "directories [RELEASE]",
		Short: "List the directories that are built in",
		Long: `List the directories that are built in: X12 releases and UN/EDIFACT directories, each with its messages. With RELEASE only that
one, with the names of all its messages. --directories lists those of a folder, too, and checks them.`,
		Example: `  peacebridge edi directories
  peacebridge edi directories 005010`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd, "", "%s given, want at most one RELEASE", count(len(args), "argument"))
			}
			releases := edi.Builtin().Releases()
			own, err := openDirectories(folder)
			if err != nil {
				return err
			}
			if own != nil {
				releases = append(releases, own.Releases()...)
			}
			if len(args) == 1 {
				var names []string
				var found []edi.Release
				for _, r := range releases {
					names = append(names, r.Name)
					if strings.EqualFold(r.Name, args[0]) {
						found = append(found, r)
					}
				}
				if found == nil {
					return usage(cmd, didYouMean(args[0], names), "no directory %q", oneLine(args[0]))
				}
				return t.printReleases(found, true)
			}
			return t.printReleases(releases, false)
		},
	}
	directoriesFlag(cmd, &folder)
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) printReleases(releases []edi.Release, all bool) error {
	var rows [][]string
	for _, r := range releases {
		if t.json {
			if err := t.object(r); err != nil {
				return trouble(err)
			}
			continue
		}
		const few = 8
		shown := r.Messages
		if !all && len(shown) > few {
			shown = append(shown[:few:few], "…")
		}
		rows = append(rows, []string{r.Syntax.String(), r.Name, strconv.Itoa(len(r.Messages)), strings.Join(shown, " ")})
	}
	if t.json {
		return nil
	}
	return t.table([]string{"syntax", "release", "messages", "names"}, rows)
}
