package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	// wholeLimit is the most that a command reads which needs a document whole. A record is capped at 1 MB and an XML document at
	// 8 MB; what is larger than this is not one document, and edi validate streams it.
	wholeLimit = 64 << 20
	// keptLimit is how much of a pipe is kept, so that findings in it can be shown with their segment. Files are read again instead.
	keptLimit = 8 << 20
)

// An input is a file or standard input that is being read once from front to back, and can be looked at again near a finding.
type input struct {
	name string // as the person wrote it
	size int64  // -1 when unknown
	r    io.Reader
	file *os.File // nil for standard input
	kept []byte   // the first bytes of what cannot be read again: standard input, a pipe
	*progress
}

// open opens a file named on the command line; "-" is standard input, which can be read only once.
func (t *terminal) open(name string) (*input, error) {
	if name == "-" {
		if t.in == nil {
			return nil, trouble(errors.New("-: standard input is read already"))
		}
		in := &input{name: name, size: -1, r: t.in}
		t.in = nil
		in.progress = newProgress(t, in)
		return in, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, trouble(err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a folder, want a file", name)
	}
	if err != nil {
		_ = f.Close() // the first error says more
		return nil, trouble(err)
	}
	in := &input{name: name, size: -1, r: f, file: f}
	if info.Mode().IsRegular() {
		in.size = info.Size()
	}
	in.progress = newProgress(t, in)
	return in, nil
}

// Read reads on, moving the progress line.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	if in.size < 0 && len(in.kept) < keptLimit {
		in.kept = append(in.kept, p[:min(n, keptLimit-len(in.kept))]...)
	}
	in.advance(n)
	return n, err
}

// twice returns a function that starts reading again from the front. What comes through a pipe is kept for that, and bounded.
func (in *input) twice() (func() io.Reader, error) {
	var whole io.ReaderAt = in.file
	size := in.size
	if size < 0 {
		b, err := io.ReadAll(io.LimitReader(in, wholeLimit+1))
		if err == nil && len(b) > wholeLimit {
			err = fmt.Errorf("larger than %d MB: write it to a file first", wholeLimit>>20)
		}
		if err != nil {
			return nil, trouble(fmt.Errorf("%s: %w", in.name, err))
		}
		in.kept = b
		whole, size = bytes.NewReader(b), int64(len(b))
	}
	return func() io.Reader { return io.NewSectionReader(whole, 0, size) }, nil
}

// around returns up to before bytes in front of an offset and up to after bytes from there on, as far as they can still be had.
func (in *input) around(offset int64, before, after int) (front, rear []byte) {
	if offset < 0 {
		return nil, nil
	}
	start := max(0, offset-int64(before))
	var window []byte
	if in.size >= 0 {
		window = make([]byte, int(offset-start)+after)
		n, err := in.file.ReadAt(window, start)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil
		}
		window = window[:n]
	} else if start < int64(len(in.kept)) {
		window = in.kept[start:min(int64(len(in.kept)), offset+int64(after))]
	}
	cut := int(offset - start)
	if cut > len(window) {
		return nil, nil
	}
	return window[:cut], window[cut:]
}

// Close erases the progress line and closes the file.
func (in *input) Close() error {
	in.done()
	if in.file == nil {
		return nil
	}
	return in.file.Close()
}

// read reads a whole file of at most limit bytes.
func (t *terminal) read(name string, limit int64) ([]byte, error) {
	in, err := t.open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if cerr := in.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return nil, trouble(fmt.Errorf("%s: %w", name, err))
	case int64(len(b)) > limit:
		return nil, trouble(fmt.Errorf("%s: larger than %d MB", name, limit>>20))
	}
	return b, nil
}
