package gateway

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// An operator may change some of config.yaml while the gateway serves: limits,
// patience, guides and who may read the logs. Everything else names what was
// opened at the start, and is changed by a restart.

// current are the settings in force; g.settings are those of the start, and
// right for what only a restart changes.
func (g *Gateway) current() *Settings { return g.live.Load() }

// atStart is what of the settings only a restart changes; the rest is zero.
func (s *Settings) atStart() Settings {
	fixed := *s
	fixed.Limits = LimitSettings{Submissions: s.Limits.Submissions}
	fixed.Delivery = DeliverySettings{Workers: s.Delivery.Workers}
	fixed.Witness = WitnessSettings{Quorum: s.Witness.Quorum}
	fixed.Digest, fixed.Reconcile, fixed.Inbox, fixed.Recognition = "", 0, nil, RecognitionSettings{}
	if fixed.LogReaders = nil; len(s.LogReaders) > 0 { // the listener is TLS or not
		fixed.LogReaders = []LogReaderSettings{}
	}
	return fixed
}

// Reload reads the settings again and takes over what may change. With a mistake
// in them, or a change of anything else, nothing is taken over: health says so
// until they are read without one.
func (g *Gateway) Reload(path string) error {
	err := g.reload(path)
	g.tasksMu.Lock()
	defer g.tasksMu.Unlock()
	g.notReloaded = ""
	if err != nil {
		g.notReloaded = err.Error()
		g.log.Error("configuration not taken over", "error", err.Error())
		return err
	}
	g.log.Info("configuration taken over")
	return nil
}

func (g *Gateway) reload(path string) error {
	s, err := LoadSettings(path)
	if err != nil {
		return err
	}
	s.defaults()
	if changed := changedMembers(g.settings.atStart(), s.atStart()); len(changed) > 0 {
		return fmt.Errorf("%s: %s: changed by a restart only", path, strings.Join(changed, ", "))
	}
	if err := g.checkInbox(s); err != nil {
		return err
	}
	g.live.Store(s)
	g.openLogReaders(s)
	g.takeOver(context.Background(), configFile, s.Digest, takenAtHUP, g.now())
	return nil
}

// changedMembers names what differs, as config.yaml does.
func changedMembers(was, is Settings) []string {
	var names []string
	a, b := reflect.ValueOf(was), reflect.ValueOf(is)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
			names = append(names, name)
		}
	}
	return names
}

// checkInbox holds the inbox against the guides.
func (g *Gateway) checkInbox(s *Settings) error {
	var errs []error
	for _, in := range s.Inbox {
		if guide, ok := g.guides.Guide(in.Guide); !ok || !guide.Writes {
			errs = append(errs, fmt.Errorf("config: inbox: no guide %s writes documents", in.Guide))
		}
	}
	return errors.Join(errs...)
}
