package main

import "github.com/spf13/cobra"

func completionCommand(t *terminal) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:       "completion SHELL",
		Short:     "Print the completion script of a shell",
		Long:      "Print the script with which bash, zsh, fish or powershell completes the commands and flags of peacebridge.",
		Example:   "  peacebridge completion bash > /etc/bash_completion.d/peacebridge",
		ValidArgs: shells,
		Args:      exactly("SHELL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(t.out, true)
			case "zsh":
				return root.GenZshCompletion(t.out)
			case "fish":
				return root.GenFishCompletion(t.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(t.out)
			}
			return usage(cmd, didYouMean(args[0], shells), "no completion for %q", oneLine(args[0]))
		},
	}
}
