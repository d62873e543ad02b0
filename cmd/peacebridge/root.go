package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// rootCommand builds the whole tree of commands. Each is a function of the terminal, so that nothing is shared between two runs.
func rootCommand(t *terminal) *cobra.Command {
	root := group(t, &cobra.Command{
		Use:   "peacebridge",
		Short: "Share cargo data between two customs agencies, so that cargo examined once is not examined again",
		Example: `  peacebridge edi validate manifest.x12
  peacebridge translate --from cbp/truck/309 --to json manifest.x12`,
		Version: buildVersion().Version,
	},
		demoCommand(t),
		initCommand(t),
		serveCommand(t),
		sendCommand(t),
		statusCommand(t),
		inboxCommand(t),
		resendCommand(t),
		auditCommand(t),
		certsCommand(t),
		ediCommand(t),
		translateCommand(t),
		guidesCommand(t),
		agreementCommand(t),
		recognitionCommand(t),
		benchCommand(t),
		versionCommand(t),
		completionCommand(t),
	)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.SilenceErrors, root.SilenceUsage = true, true // terminal.tell prints, with hints instead of a page of usage
	root.CompletionOptions.DisableDefaultCmd = true    // ours has an example like every other command
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "no-help"})
	root.SetHelpTemplate(helpTemplate)
	root.SetHelpFunc(t.help(root.HelpFunc()))
	plainUsage(root)
	root.SetFlagErrorFunc(flagError)
	return root
}

// plainUsage keeps cobra from adding [flags] to usage lines, which name their flags.
func plainUsage(cmd *cobra.Command) {
	cmd.DisableFlagsInUseLine = true
	for _, sub := range cmd.Commands() {
		plainUsage(sub)
	}
}

// help shows the page of a command; asked about a command that does not exist it must not show that of another.
func (t *terminal) help(show func(*cobra.Command, []string)) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		if rest := cmd.Flags().Args(); cmd.HasSubCommands() && cmd.Args != nil {
			if t.helpless = cmd.Args(cmd, rest); t.helpless != nil {
				return
			}
		}
		show(cmd, args)
	}
}

// group makes a command of commands: alone it shows what there is, and a name that is not there is answered with the nearest one.
func group(t *terminal, cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.Use += " COMMAND"
	cmd.AddCommand(subcommands...)
	// A flag that the group does not know belongs to a subcommand that is not there, which is the thing to say.
	cmd.FParseErrWhitelist.UnknownFlags = true
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, sub := range cmd.Commands() {
			if !sub.Hidden {
				names = append(names, sub.Name())
			}
		}
		return usage(cmd, didYouMean(args[0], names), "%s has no command %q", cmd.CommandPath(), oneLine(args[0]))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cmd.SetOut(t.err)
		if err := cmd.Help(); err != nil {
			return trouble(err)
		}
		return ended(statusTrouble)
	}
	return cmd
}

// files is the check of arguments for a command that works on one file or more; oneFile for one that works on exactly one.
func files(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage(cmd, "- is standard input", "no file given")
	}
	return nil
}

func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage(cmd, "", "%d files given, this command takes one", len(args))
	}
	return files(cmd, args)
}

// atLeastOne returns the check of arguments for a command that works on one or more of something.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(cmd, "", "no %s given", name)
		}
		return nil
	}
}

// noArguments is the check of arguments for a command that is all flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(cmd, "", "%q: this command takes no arguments", oneLine(args[0]))
	}
	return nil
}

// exactly returns the check of arguments for a command that needs each of them, by what they are.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usage(cmd, "", "%s given, want %s", count(len(args), "argument"), strings.Join(names, " "))
		}
		return nil
	}
}

// required checks that flags without which a command makes no sense were given.
func required(cmd *cobra.Command, names ...string) error {
	for _, name := range names {
		if !cmd.Flags().Changed(name) {
			return usage(cmd, "", "--%s is missing", name)
		}
	}
	return nil
}

// oneOf checks the value of a flag against the values that it can have.
func oneOf(cmd *cobra.Command, flag, value string, values ...string) error {
	for _, v := range values {
		if v == value {
			return nil
		}
	}
	return usage(cmd, didYouMean(value, values), "--%s %q: not one of %s", flag, oneLine(value), strings.Join(values, ", "))
}

// flagError turns what the flag parser says into our words, with the nearest flag when the name is unknown.
func flagError(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return usage(cmd, "", "%s", oneLine(err.Error()))
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		names = append(names, "--"+f.Name)
	})
	typed := "--" + unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return usage(cmd, "", "unknown flag -%s", oneLine(unknown.GetSpecifiedName()))
	}
	return usage(cmd, didYouMean(typed, names), "unknown flag %s", oneLine(typed))
}

// helpTemplate is the page of --help: what it does, how it is called, what it takes, and last an example to copy.
const helpTemplate = `{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}

{{end}}Usage:
  {{.UseLine}}
{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}
Example:
{{.Example}}
`
