package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Handler serves all published logs (C2SP tlog-tiles) under /audit/<log>/, and
// at the root when there is one relation log. Nothing beyond the published
// head is served, so that the log shows its growth on the beat only.
func (l *Ledger) Handler() http.Handler {
	return l.handler(func(string) bool { return true })
}

// HandlerOf is Handler for somebody who may see these logs only: of the others
// it does not even say that they are there. At the root is the only relation
// log among them.
func (l *Ledger) HandlerOf(logs ...string) http.Handler {
	return l.handler(func(log string) bool { return slices.Contains(logs, log) })
}

func (l *Ledger) handler(shown func(log string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "GET only", http.StatusMethodNotAllowed)
			return
		}
		s, path := l.route(r.URL, shown)
		if s == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch path {
		case "checkpoint":
			l.serveCheckpoint(w, r, s)
			return
		case "successor":
			l.serveSuccession(w, r, s)
			return
		case "timestamps":
			l.serveStamps(w, r, s)
			return
		}
		if name, ok := strings.CutPrefix(path, "timestamps/"); ok {
			l.serveStamp(w, r, s, name)
			return
		}
		t, err := parseTilePath(path)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		l.serveTile(w, r, s, t)
	})
}

// route finds the log that a URL means and the rest of the path.
func (l *Ledger) route(u *url.URL, shown func(log string) bool) (*logState, string) {
	path := strings.TrimPrefix(u.EscapedPath(), "/")
	if rest, ok := strings.CutPrefix(path, "audit/"); ok {
		name, rest, _ := strings.Cut(rest, "/")
		name, err := url.PathUnescape(name)
		if err != nil || !shown(name) {
			return nil, ""
		}
		return l.routeShard(name, rest)
	}
	names := slices.DeleteFunc(l.relations(), func(log string) bool { return !shown(log) })
	if len(names) == 1 {
		return l.routeShard(names[0], path)
	}
	return nil, ""
}

// routeShard finds the shard of a relation: the first one is served under the
// relation's name, the others below it.
func (l *Ledger) routeShard(relation, path string) (*logState, string) {
	label, rest, _ := strings.Cut(path, "/")
	if s := l.logs()[relation+"/"+label]; s != nil {
		return s, rest
	}
	return l.logs()[relation], path
}

func (l *Ledger) serveCheckpoint(w http.ResponseWriter, r *http.Request, s *logState) {
	p := s.public.Load()
	if p == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", plainText)
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(p.note) // the client went away
}

// serveSuccession serves what leads to the next shard.
func (l *Ledger) serveSuccession(w http.ResponseWriter, r *http.Request, s *logState) {
	doc, err := l.Succession(s.name)
	switch {
	case errors.Is(err, ErrNotFound):
		http.NotFound(w, r)
		return
	case err != nil:
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache") // cosignatures are added
	_, _ = w.Write(doc)                         // the client went away
}

// serveStamps lists the sizes at which a published checkpoint was time-stamped,
// one a line.
func (l *Ledger) serveStamps(w http.ResponseWriter, r *http.Request, s *logState) {
	sizes, err := stampSizes(l.stampDir(s))
	switch {
	case err != nil:
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	case len(sizes) == 0:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", plainText)
	w.Header().Set("Cache-Control", "no-cache")
	for _, size := range sizes {
		_, _ = fmt.Fprintln(w, size) // the client went away
	}
}

// serveStamp serves a token, <size>.tst, or the checkpoint that it is over,
// <size>.checkpoint.
func (l *Ledger) serveStamp(w http.ResponseWriter, r *http.Request, s *logState, name string) {
	text, token := strings.CutSuffix(name, stampExt)
	if !token {
		text = strings.TrimSuffix(name, checkpointExt)
	}
	size, err := decimal(text, 1<<63-1)
	if err != nil || text == name {
		http.NotFound(w, r)
		return
	}
	file, media := stampFile(l.stampDir(s), size), "application/octet-stream"
	if !token {
		file, media = stampedFile(l.stampDir(s), size), plainText
	}
	b, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.NotFound(w, r)
		return
	case err != nil:
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	_, _ = w.Write(b) // the client went away
}

// serveTile serves a tile or an entry bundle of the published tree. A partial
// one whose full one exists is cut from it.
func (l *Ledger) serveTile(w http.ResponseWriter, r *http.Request, s *logState, t tilePath) {
	p := s.public.Load()
	if p == nil || t.Level >= tileLevels || !inTree(t, p.head.Size) {
		http.NotFound(w, r)
		return
	}
	var b []byte
	var err error
	if t.Entries {
		b, err = l.bundle(s, t.N, t.Width)
	} else {
		var tile *hashTile
		if tile, err = l.tile(s, s.view.Load().edge, t.Level, t.N); err == nil {
			b = encodeTile(tile.hashes[:t.Width])
		}
	}
	if err != nil {
		if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrClosed) {
			_ = l.noteDamage(s, err) // the state says it; the client learns nothing
		}
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	etag := `"` + t.String() + `"` // never changes
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	w.Header().Set("ETag", etag)
	if known(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b) // the client went away
}

// known says whether a client has what an entity tag names (RFC 9110 section 13.1.2).
func known(tags, etag string) bool {
	for tag := range strings.SplitSeq(tags, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// inTree says whether a tree of this size has the tile at least that wide.
func inTree(t tilePath, size uint64) bool {
	level := t.Level
	if t.Entries {
		level = 0
	}
	have := size >> (tileHeight * level) // hashes at this level
	return t.N < 1<<50 && t.N*tileWidth+uint64(t.Width) <= have
}

// bundle encodes the entries of a bundle, recomputed from the records.
func (l *Ledger) bundle(s *logState, n uint64, width int) ([]byte, error) {
	b := make([]byte, 0, width*(2+entrySize))
	var h hasher
	err := l.view(func(r reader) error {
		return eachRecord(r, s.id, n*tileWidth, n*tileWidth+uint64(width), func(_ uint64, rec *record) error {
			e := rec.entry(&h)
			b = appendBundle(b, e[:])
			return nil
		})
	})
	return b, err
}
