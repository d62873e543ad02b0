package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"
)

// Exit statuses. Over several files the worst counts, so a larger number is worse.
const (
	statusOK      = 0
	statusFinding = 1 // findings of severity error, refused, unverified, something missing
	statusTrouble = 2 // usage, unreadable file, environment
)

// A failure is an error that knows how the program ends because of it and what the person can do about it.
type failure struct {
	status int
	err    error // nil: everything has been told already
	hints  []string
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit status %d", f.status)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// ended returns the error that ends the program with a status and says nothing more: what there is to say was printed.
func ended(status int) error {
	if status == statusOK {
		return nil
	}
	return &failure{status: status}
}

// refused returns the error for something that was understood and is answered with no.
func refused(err error, hints ...string) error {
	return &failure{status: statusFinding, err: err, hints: hints}
}

// trouble returns the error for something that could not be tried at all.
func trouble(err error, hints ...string) error {
	return &failure{status: statusTrouble, err: err, hints: hints}
}

// usage returns the error for a command line that is not understood.
func usage(cmd *cobra.Command, hint, format string, args ...any) error {
	f := &failure{status: statusTrouble, err: fmt.Errorf(format, args...)}
	if hint != "" {
		f.hints = append(f.hints, hint)
	}
	f.hints = append(f.hints, "see "+cmd.CommandPath()+" --help")
	return f
}

// tell prints an error with its hints to the person and returns the exit status that it asks for.
func (t *terminal) tell(err error) int {
	if err == nil {
		return statusOK
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{status: statusTrouble, err: err}
	}
	if f.err != nil {
		fmt.Fprintf(t.err, "%s %v\n", t.colour(t.err, red, "error:"), message(err))
	}
	for _, hint := range f.hints {
		fmt.Fprintf(t.err, "%s %s\n", t.colour(t.err, cyan, "hint:"), hint)
	}
	return f.status
}

// message is the text of an error without the name of the system call that a person did not make.
func message(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok && err.Error() == path.Error() {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}
