package gateway

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"peacebridge/audit"
)

// What an operator decides in config.yaml and senders.csv is an event each time
// that other bytes are taken over, so that an auditor finds when which of them
// were in force: the digest, never the contents.

// How a file was taken over.
const (
	takenAtStart   = "start"
	takenAtHUP     = "HUP"
	takenAtAChange = "change" // the file changed, and is read whenever it does
)

// inUse are the files that are in force and that the ledger may not know yet.
type inUse struct {
	mu     sync.Mutex
	untold map[string]taken
}

type taken struct {
	digest string // SHA-256 of the bytes, "" when there is no file
	by     string
	at     time.Time
}

// takeOver says that a file is in force from now on, and has the ledger know.
func (g *Gateway) takeOver(ctx context.Context, file, digest, by string, at time.Time) {
	g.inUse.mu.Lock()
	if g.inUse.untold == nil {
		g.inUse.untold = map[string]taken{}
	}
	g.inUse.untold[file] = taken{digest, by, at}
	g.inUse.mu.Unlock()
	g.note("settings", g.tellInForce(ctx))
}

// tellInForce appends an event for each file that differs from the one that the
// ledger knows. While the ledger takes no events, each beat tries again.
func (g *Gateway) tellInForce(ctx context.Context) error {
	g.inUse.mu.Lock()
	defer g.inUse.mu.Unlock()
	var errs []error
	for _, file := range slices.Sorted(maps.Keys(g.inUse.untold)) {
		err := g.tellFile(ctx, file, g.inUse.untold[file])
		if err == nil {
			delete(g.inUse.untold, file)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (g *Gateway) tellFile(ctx context.Context, file string, t taken) error {
	var last string
	version, err := g.stateVersion(keySettings(file), &last)
	if err != nil && !errors.Is(err, audit.ErrNotFound) {
		return err
	}
	if last == t.digest { // also when there is no file, and never was one
		return nil
	}
	_, err = g.ledger.Append(ctx, []audit.Event{{
		Log: audit.Internal, Kind: kindSettings, Time: t.at,
		Header: map[string]string{hFile: file, hDigest: t.digest, hBy: t.by},
	}}, []audit.Guard{{Key: keySettings(file), Version: version}})
	return err
}
