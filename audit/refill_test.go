package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mirrorOf copies every shard of a relation's log, as the peer's gateway does,
// and returns the folder.
func (p *pair) mirrorOf(l *Ledger, dir string) {
	p.t.Helper()
	web := httptest.NewTLSServer(l.Handler())
	defer web.Close()
	for _, s := range l.shards(l.relations()[0]) {
		label := shardLabel(s.name)
		m, err := NewMirrorWith(filepath.Join(dir, label), s.key.vkey(), strings.TrimSuffix(web.URL+"/"+label, "/"), web.Client())
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := m.Pull(context.Background()); err != nil {
			p.t.Fatal(err)
		}
		if doc, err := l.Succession(s.name); err == nil {
			if err := os.WriteFile(filepath.Join(dir, label, "successor"), doc, 0o600); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}

// putBack replaces a ledger folder by a copy.
func putOldBack(t testing.TB, dir, old string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
}

// keepOld copies a ledger's folder while it is closed.
func (p *pair) keepOld() string {
	p.t.Helper()
	if err := p.ca.Close(); err != nil {
		p.t.Fatal(err)
	}
	old := filepath.Join(p.t.TempDir(), "old")
	if err := os.CopyFS(old, os.DirFS(p.caConf.Dir)); err != nil {
		p.t.Fatal(err)
	}
	p.ca = open(p.t, p.caConf)
	return old
}

var lossIncident = Incident{Reason: "DISK_LOST", Authority: "order 17"}

// An old folder that was put back gets the entries of the peer's mirror, goes
// on in the same shard and owns up to what is lost.
func TestRefill(t *testing.T) {
	for _, journal := range []bool{false, true} {
		t.Run(fmt.Sprintf("journal %v", journal), func(t *testing.T) {
			p, _ := turning(t, func(c *Config) {
				if journal {
					c.Journal = filepath.Join(c.Dir, "journal")
				}
			})
			policy := peersPolicy(p.ca, p.us)
			appendN(t, p.ca, 0, 300)
			p.exchange()
			old := p.keepOld()
			if _, err := p.ca.Append(t.Context(), []Event{{Log: Internal, Kind: "note"}}, nil); err != nil {
				t.Fatal(err)
			}
			appendN(t, p.ca, 300, 5000)
			p.exchange()
			dir := t.TempDir()
			p.mirrorOf(p.ca, dir)
			size := p.ca.Size(partner)
			head := p.ca.Status()[1].Root
			if err := p.ca.Close(); err != nil {
				t.Fatal(err)
			}
			putOldBack(t, p.caConf.Dir, old)
			p.ca = open(t, p.caConf)
			if err := p.ca.Cosign(t.Context(), partner, post(p.us)); !errors.Is(err, ErrBehind) {
				t.Fatalf("an old copy goes on: %v", err)
			}
			if err := p.ca.Close(); err != nil {
				t.Fatal(err)
			}

			r := Recovery{Incident: lossIncident, Copies: []Copy{{Relation: partner, Place: dir}}}
			out, err := Refill(t.Context(), p.caConf, r)
			if err != nil {
				t.Fatal(err)
			}
			lost := fmt.Sprintf("us.cbp:300-%d", size)
			if len(out) != 2 || out[0] != (Recovered{Log: partner, Index: size, Lost: lost}) || out[1].Log != "internal/2026" || !out[1].Shard {
				t.Fatalf("%+v", out)
			}
			p.ca = open(t, p.caConf)
			if root, err := p.ca.rootAt(p.ca.logs()[partner], size); err != nil || root != head {
				t.Errorf("another history: %v", err)
			}
			appendN(t, p.ca, 6000, 20)
			p.exchange()
			if s := p.ca.Status()[2]; s.Log != partner || s.Size < size+21 || s.CosignedSize != s.Size || p.ca.refused() != nil {
				t.Errorf("%+v, %v", s, p.ca.refused())
			}
			// What is lost is said, and nothing else is disturbed by it.
			_, err = p.ca.Entry(partner, 1000)
			if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), fmt.Sprintf("event %d of this log", size)) {
				t.Errorf("lost record: %v", err)
			}
			if found, err := p.ca.Query(t.Context(), "auditor", Query{Kind: "document.accepted"}); err != nil || len(found) != 320 {
				t.Errorf("query found %d, %v", len(found), err)
			}
			if err := p.ca.Rebuild(t.Context()); err != nil {
				t.Error(err)
			}
			if n := count(p.ca, "count/document.accepted"); n != 320 {
				t.Errorf("state counts %d", n)
			}
			for p.ca.Status()[2].Checked < size { // all is re-hashed in the background
				if err := p.ca.refused(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Millisecond)
			}
			web := httptest.NewServer(p.ca.Handler())
			defer web.Close()
			verified(t, web.URL, VerifyOptions{Policy: policy})
			otherVerifier(t, web.URL+"/", p.ca.LogKey(partner))
			if err := p.ca.Close(); err != nil {
				t.Fatal(err)
			}
			vs := verified(t, p.caConf.Dir, VerifyOptions{Policy: policy, Apply: counting})
			if vs[partner].Lost != size-300 {
				t.Errorf("%+v", vs[partner])
			}
			verified(t, p.caConf.Dir, VerifyOptions{Apply: counting})
			if err := ExplainTarget(t.Context(), p.caConf.Dir, partner, 1000, t.Output(), VerifyOptions{Policy: policy}); !errors.Is(err, ErrLost) {
				t.Errorf("explain: %v", err)
			}
			if journal { // the incident is in the journal too
				if err := Recover(t.Context(), p.caConf, lossIncident); err != nil {
					t.Fatal(err)
				}
			}
			p.ca = open(t, p.caConf)
			p.exchange()
			if err := p.ca.Close(); err != nil {
				t.Fatal(err)
			}
			verified(t, p.caConf.Dir, VerifyOptions{Policy: policy, Apply: counting})
			p.ca = open(t, p.caConf)
		})
	}
}

func count(l *Ledger, key string) int {
	v, _, err := l.Get(key)
	if err != nil {
		return -1
	}
	return len(v)
}

// A key that was used, or erased, after the old copy was made is not given out
// again, also when the key pages are newer than the store.
func TestRefillTakesFreshKeys(t *testing.T) {
	p, _ := turning(t, nil)
	appendN(t, p.ca, 0, 10)
	p.exchange()
	old := p.keepOld()
	appendN(t, p.ca, 10, 50)
	for i := range uint64(50) {
		if _, err := p.ca.Erase(t.Context(), Erasure{Log: partner, Index: 10 + i, Ground: "RETENTION", Authority: "order"}); err != nil {
			t.Fatal(err)
		}
	}
	p.exchange()
	dir := t.TempDir()
	p.mirrorOf(p.ca, dir)
	pages := filepath.Join(t.TempDir(), "keys")
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(pages, os.DirFS(filepath.Join(p.caConf.Dir, "keys"))); err != nil {
		t.Fatal(err)
	}
	putOldBack(t, p.caConf.Dir, old)
	putOldBack(t, filepath.Join(p.caConf.Dir, "keys"), pages)
	newer, err := openKeyPages(filepath.Join(p.caConf.Dir, "keys"), firstKeyID+10, true)
	if err != nil {
		t.Fatal(err)
	}
	if id, key, err := newer.take(); err != nil || key == (dataKey{}) || id < 50 {
		t.Errorf("an erased key is given out: %d, %v", id, err)
	}
	newer.close()
	if _, err := Refill(t.Context(), p.caConf, Recovery{Incident: lossIncident, Copies: []Copy{{Relation: partner, Place: dir}}}); err != nil {
		t.Fatal(err)
	}
	p.ca = open(t, p.caConf)
	out, err := p.ca.Append(t.Context(), []Event{event(1000)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, rec, err := p.ca.record(out[0].Log, out[0].Index)
	if err != nil || rec.key < pageSlots {
		t.Errorf("key %d, %v", rec.key, err)
	}
	if d, err := p.ca.Details(out[0].Log, out[0].Index); err != nil || d["control"] != "000001000" {
		t.Errorf("%v, %v", d, err)
	}
}

// A copy that is not exactly what was witnessed changes nothing.
func TestRefillRefusesTamperedCopy(t *testing.T) {
	p, _ := turning(t, nil)
	appendN(t, p.ca, 0, 10)
	p.exchange()
	old := p.keepOld()
	appendN(t, p.ca, 10, 500)
	if err := p.ca.Publish(p.ca.config.Now()); err != nil {
		t.Fatal(err)
	}
	uncosigned := t.TempDir()
	p.mirrorOf(p.ca, uncosigned)
	p.exchange()
	good := t.TempDir()
	p.mirrorOf(p.ca, good)
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	putOldBack(t, p.caConf.Dir, old)
	for name, dir := range map[string]string{
		"without cosignature":   uncosigned,
		"an entry":              tampered(t, good, "tile/entries/001.p/*"),
		"an entry that is here": tampered(t, good, "tile/entries/000"),
		"its head":              tampered(t, good, "checkpoint"),
	} {
		_, err := Refill(t.Context(), p.caConf, Recovery{Incident: lossIncident, Copies: []Copy{{Relation: partner, Place: dir}}})
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	before := verified(t, p.caConf.Dir, VerifyOptions{Apply: counting})
	if before[partner].Size != 10 || len(before) != 2 {
		t.Errorf("%+v", before)
	}
	if _, err := Refill(t.Context(), p.caConf, Recovery{Incident: lossIncident, Copies: []Copy{{Relation: partner, Place: good}}}); err != nil {
		t.Error(err)
	}
	p.ca = open(t, p.caConf)
}

// tampered is a copy of a mirror with one bit of one file flipped.
func tampered(t testing.TB, mirror, pattern string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(mirror)); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A folder from before the turn of the year gets both shards.
func TestRefillOverTheYear(t *testing.T) {
	p, cal := turning(t, nil)
	policy := peersPolicy(p.ca, p.us)
	appendN(t, p.ca, 0, 10)
	p.exchange()
	old := p.keepOld()
	appendN(t, p.ca, 10, 300)
	p.exchange()
	cal.set(january)
	appendN(t, p.ca, 400, 300)
	p.exchange()
	dir := t.TempDir()
	p.mirrorOf(p.ca, dir)
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	putOldBack(t, p.caConf.Dir, old)
	out, err := Refill(t.Context(), p.caConf, Recovery{Incident: lossIncident, Copies: []Copy{{Relation: partner, Place: dir}}})
	if err != nil || out[0].Log != partner+"/2027" || out[0].Lost == "" {
		t.Fatalf("%+v, %v", out, err)
	}
	p.ca = open(t, p.caConf)
	appendN(t, p.ca, 1000, 10)
	p.exchange()
	appendN(t, p.ca, 1100, 10)
	p.exchange()
	st := p.ca.Status()
	if last := st[len(st)-1]; last.Log != partner+"/2027" || last.CosignedSize != last.Size || p.ca.refused() != nil {
		t.Errorf("%+v, %v", last, p.ca.refused())
	}
	web := httptest.NewServer(p.ca.Handler())
	defer web.Close()
	if vs := verified(t, web.URL, VerifyOptions{Policy: policy}); len(vs) != 2 {
		t.Errorf("%+v", vs)
	}
	if err := p.ca.Close(); err != nil {
		t.Fatal(err)
	}
	if vs := verified(t, p.caConf.Dir, VerifyOptions{Policy: policy, Apply: counting}); len(vs) != 2 || vs[partner].Lost == 0 || vs[partner+"/2027"].Lost == 0 {
		t.Errorf("%+v", vs)
	}
	p.ca = open(t, p.caConf)
}
