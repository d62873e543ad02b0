package audit

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// keepEvidence copies the files that Badger's recovery may cut: its write-ahead
// logs, the file of the value log that it wrote last, and the manifest. One copy is kept,
// of the last unclean stop.
func keepEvidence(from, to string) error {
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	valueLog, err := newestValueLog(from)
	if err != nil {
		return err
	}
	for _, f := range files {
		if filepath.Ext(f.Name()) != ".mem" && f.Name() != "MANIFEST" && filepath.Join(from, f.Name()) != valueLog {
			continue
		}
		if err := copySparse(filepath.Join(from, f.Name()), filepath.Join(to, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// copySparse copies a file without the zeros that Badger reserves: most of a
// write-ahead log is a hole.
func copySparse(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // was only read
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if err := out.Truncate(info.Size()); err != nil {
		return err
	}
	buf := make([]byte, 256<<10)
	zero := make([]byte, len(buf))
	for at := int64(0); at < info.Size(); {
		start, err := in.Seek(at, seekData)
		if err != nil { // no more data, or a file system that cannot tell
			if !isNoData(err) {
				start = at
			} else {
				return nil
			}
		}
		at = start
		n, err := in.ReadAt(buf, at)
		if n > 0 && !bytes.Equal(buf[:n], zero[:n]) {
			if _, err := out.WriteAt(buf[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyFolder copies the files of a store for a verifier.
func copyFolder(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		if !d.Type().IsRegular() || rel == "LOCK" {
			return nil
		}
		return copySparse(path, filepath.Join(to, rel))
	})
}
