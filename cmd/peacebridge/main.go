// Command peacebridge is the gateway of one customs agency and the tools around it.
//
// Everything here is a door: a subcommand parses its flags, calls a package that knows the matter, and prints what came back. One
// file holds one subcommand. What they have in common stands in terminal.go (where output goes), print.go (how facts are printed),
// exit.go (what the exit status says), input.go (how files are read) and client.go (how a party's folder becomes a connection).
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program without the process around it, so that tests run it as people do.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	t := newTerminal(stdin, stdout, stderr)
	root := rootCommand(t)
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		err = t.helpless
	}
	status := t.tell(err)
	if t.out.failed != nil {
		status = t.tell(trouble(fmt.Errorf("standard output: %w", t.out.failed)))
	}
	return status
}
