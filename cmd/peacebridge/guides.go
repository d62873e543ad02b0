package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"peacebridge/mapping"
)

func guidesCommand(t *terminal) *cobra.Command {
	return group(t, &cobra.Command{
		Use:   "guides",
		Short: "List, show and check the guides: one message as one agency uses it",
		Example: `  peacebridge guides list
  peacebridge guides show cbp/truck/309`,
	},
		guidesListCommand(t),
		guidesShowCommand(t),
		guidesCheckCommand(t),
	)
}

func guidesListCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the guides that are built in",
		Long:    "List the guides that are built in: whose message each describes, whether it reads and writes it, and how sure its facts are.",
		Example: "  peacebridge guides list --json",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			l, err := t.library()
			if err != nil {
				return err
			}
			var rows [][]string
			for _, g := range l.Guides() {
				if t.json {
					if err := t.object(g); err != nil {
						return trouble(err)
					}
					continue
				}
				rows = append(rows, []string{g.Name, g.Message, g.Syntax, directions(g), g.Version, g.Status, g.Title["en"]})
			}
			if t.json {
				return nil
			}
			return t.table([]string{"guide", "message", "syntax", "does", "version", "status", "title"}, rows)
		},
	}
	t.guidesFlag(cmd)
	t.jsonFlag(cmd)
	return cmd
}

// directions says what a guide can do in words.
func directions(g *mapping.Guide) string {
	var does []string
	if g.Reads {
		does = append(does, "reads")
	}
	if g.Writes {
		does = append(does, "writes")
	}
	return strings.Join(does, ", ")
}

func guidesShowCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show GUIDE",
		Short:   "Print a guide as a readable implementation guide",
		Long:    "Print a guide from top to bottom as its message is: every position, what it carries, how sure that is and who says so.",
		Example: "  peacebridge guides show cbp/truck/309 | less",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := exactly("GUIDE")(cmd, args); err != nil {
				return err
			}
			l, err := t.library()
			if err != nil {
				return err
			}
			g, ok := l.Guide(args[0])
			if !ok {
				return usage(cmd, didYouMean(args[0], guideNames(l)), "no guide %q", oneLine(args[0]))
			}
			if t.json {
				return t.object(g)
			}
			if err := g.Show(t.out); err != nil {
				return trouble(err)
			}
			return nil
		},
	}
	t.guidesFlag(cmd)
	t.jsonFlag(cmd)
	return cmd
}

// A guideCheck is what guides check says: one line a problem, and one for the whole.
type guideCheck struct {
	Guides   int      `json:"guides"`
	Valid    bool     `json:"valid"`
	Problems []string `json:"problems"`
}

func guidesCheckCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check every guide and code list completely",
		Long: `Check every guide completely: that each position has a verdict and a source, each path is in the dictionary, each code list
exists and converts back. Whoever changes a guide runs this; a program that fails it would not start.`,
		Example: "  peacebridge guides check",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			facts := guideCheck{Problems: []string{}}
			l, err := t.guidesAsTheyAre()
			if f, ok := errors.AsType[*failure](err); ok {
				return f
			}
			if err != nil {
				facts.Problems = append(facts.Problems, strings.Split(err.Error(), "\n")...)
			} else {
				for _, problem := range l.Check() {
					facts.Problems = append(facts.Problems, problem.Error())
				}
			}
			if l != nil {
				facts.Guides = len(l.Guides())
			}
			facts.Valid = len(facts.Problems) == 0
			if t.json {
				if err := t.object(facts); err != nil {
					return trouble(err)
				}
			} else {
				for _, problem := range facts.Problems {
					t.print("%s", oneLine(problem))
				}
				t.print("%s, %s", count(facts.Guides, "guide"), count(len(facts.Problems), "problem"))
			}
			if !facts.Valid {
				return ended(statusFinding)
			}
			return nil
		},
	}
	t.guidesFlag(cmd)
	t.jsonFlag(cmd)
	return cmd
}

// guideFor is the usage error for a document that no guide reads.
func noGuideReads(name string) error {
	return refused(fmt.Errorf("%s: no guide reads it", name), "peacebridge guides list shows those that read; --from or --guide names one")
}
