package gateway

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Settings is config.yaml of a home folder: what an operator decides about one
// gateway. Unknown members are an error, because a misspelt limit is no limit.
type Settings struct {
	// Agency is the agency that runs this gateway, for example us.cbp.
	Agency string `yaml:"agency"`
	// Name is the last part of the gateway's own identity,
	// peacebridge://<agency>/gateway/<name>.
	Name string `yaml:"name"`
	// Environment is "test" or "production". A production gateway shares no
	// interchange that its sender marked as a test (ISA15 T, UNB 0035 1).
	Environment string `yaml:"environment"`
	// Hosts are the names and addresses that the server certificate carries.
	Hosts []string `yaml:"hosts"`

	Listen ListenSettings `yaml:"listen"`
	Peers  []PeerSettings `yaml:"peers"`
	// LogReaders are who may read the log listener. With none it is plain HTTP on
	// loopback, and shows the logs of the relations; with some it is TLS.
	LogReaders []LogReaderSettings `yaml:"logReaders,omitempty"`
	Limits     LimitSettings       `yaml:"limits,omitempty"`
	Delivery   DeliverySettings    `yaml:"delivery,omitempty"`
	// Beat is how often checkpoints are published and cosigned. Default 1s.
	Beat Duration `yaml:"beat,omitempty"`
	// Journal is the folder of a journal in front of the ledger's store, best on
	// another volume; a relative one is inside the home. Set it before the first
	// start, as init and demo do. Default none; without it a damaged store cannot
	// be built again, and appends are slower.
	Journal string `yaml:"journal,omitempty"`
	// Encrypt has init give the ledger's store and journal a key in
	// ledger/keys/store.key, so that headers and state are not in clear on the
	// disk. Later: peacebridge audit rekey. Default false.
	Encrypt bool `yaml:"encrypt,omitempty"`
	// Mirror keeps a verified copy of each peer's log of the relation in
	// mirror/<agency> of the home. Default true.
	Mirror *bool `yaml:"mirror,omitempty"`
	// Reconcile is how often the logs of a relation are compared by message.
	// What has no counterpart an hour, or one such period, later is a difference.
	// Default 24h.
	Reconcile Duration `yaml:"reconcile,omitempty"`
	// Witness says how long a peer may be away that cosigns our log.
	Witness WitnessSettings `yaml:"witness,omitempty"`
	// Witnesses are outside witnesses of every relation's log.
	Witnesses []OutsideWitnessSettings `yaml:"witnesses,omitempty"`
	// MLDSA adds ML-DSA-44 cosignatures (FIPS 204) to published heads and to what
	// is cosigned for peers. Default false: the implementation is young.
	MLDSA bool `yaml:"mldsa,omitempty"`
	// Timestamps has a third party say when the logs' checkpoints existed.
	Timestamps TimestampSettings `yaml:"timestamps,omitempty"`
	// Inbox says which guide renders a record class for this agency's systems.
	// A class without a line stays a record.
	Inbox []InboxSettings `yaml:"inbox,omitempty"`
	// Recognition is what this agency requires of an exam that it is to recognise.
	Recognition RecognitionSettings `yaml:"recognition,omitempty"`

	// Digest is the SHA-256, in hex, of the file that these settings were read
	// from; "" when they come from none.
	Digest string `yaml:"-"`
}

// ListenSettings are the addresses of the four listeners, host:port.
type ListenSettings struct {
	API   string `yaml:"api"`
	Enrol string `yaml:"enrol"`
	Log   string `yaml:"log"`
	Ops   string `yaml:"ops"`
}

// PeerSettings introduces the gateway of another agency. Its keys are in
// peers/<agency>.json of the home folder (see Introduction).
type PeerSettings struct {
	Agency string `yaml:"agency"`
	URL    string `yaml:"url"`
}

// WitnessSettings is the policy for a peer that does not cosign. Away is
// counted from its last answer while a head of ours waits for it.
type WitnessSettings struct {
	// WarnAfter makes it a health warning. Default 15m.
	WarnAfter Duration `yaml:"warnAfter,omitempty"`
	// StopAfter holds back everything for that peer until it cosigns again: what
	// is accepted stays shared. Default never.
	StopAfter Duration `yaml:"stopAfter,omitempty"`
	// Quorum is how many of Witnesses the ledger's policy wants beside the peer:
	// any, all, or a number. Default any.
	Quorum string `yaml:"quorum,omitempty"`
}

// LimitSettings bounds what one client may cost. Zero means the default.
type LimitSettings struct {
	// DocumentBytes is the largest X12 or EDIFACT body, which streams. Default 2 GiB.
	DocumentBytes int64 `yaml:"documentBytes,omitempty"`
	// XMLBytes is the largest XML body, because a tree costs some ten times its text. Default 8 MiB.
	XMLBytes int64 `yaml:"xmlBytes,omitempty"`
	// RecordBytes is the largest JSON record. Default 1 MiB, the JOSE payload cap.
	RecordBytes int64 `yaml:"recordBytes,omitempty"`
	// MessageBytes is the largest single message of an interchange, which is held
	// in memory with its segments, some 40 times its text. Default 4 MiB.
	MessageBytes int64 `yaml:"messageBytes,omitempty"`
	// Submissions is how many documents are taken in at the same time; more are
	// answered 503 with Retry-After, and more than three quarters of them by one
	// party 429. Default 64.
	Submissions int `yaml:"submissions,omitempty"`
	// RequestsPerSecond is the rate allowed to one party; more are answered 429. Default 500.
	RequestsPerSecond int `yaml:"requestsPerSecond,omitempty"`
}

// DeliverySettings says how patient the outbox is. Zero means the default.
type DeliverySettings struct {
	// Workers is the number of deliveries in flight to one peer. Default 8.
	Workers int `yaml:"workers,omitempty"`
	// MaxBackoff is the longest wait between two attempts. Default 30s.
	MaxBackoff Duration `yaml:"maxBackoff,omitempty"`
	// DeadAfter is the age at which a delivery goes to the dead letters. Default 72h.
	DeadAfter Duration `yaml:"deadAfter,omitempty"`
}

// InboxSettings binds a record class to the guide that renders it.
type InboxSettings struct {
	Class string `yaml:"class"`
	Guide string `yaml:"guide"`
}

// RecognitionSettings is the deciding agency's own requirement.
type RecognitionSettings struct {
	// Grounds that an exam must settle. Default SECURITY, CONTRABAND.
	Grounds []string `yaml:"grounds,omitempty"`
	// Risk is LOW, MEDIUM or HIGH where the agency's systems say nothing. Default MEDIUM.
	Risk string `yaml:"risk,omitempty"`
}

// Duration is a time.Duration written as text ("30s").
type Duration time.Duration

// UnmarshalYAML reads "30s", "72h".
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 {
		return fmt.Errorf("line %d: %q is not a positive duration such as 30s", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes the form that UnmarshalYAML reads.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

func (d Duration) or(def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return time.Duration(d)
}

const configFile = "config.yaml"

// LoadSettings reads and checks a config.yaml.
func LoadSettings(path string) (*Settings, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	var s Settings
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, inOurWords(err))
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: more than one document", path)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.Digest = digestOf(b)
	return &s, nil
}

// inOurWords says what is wrong with a setting without the names of our types.
func inOurWords(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return err
	}
	text := unknownSetting.ReplaceAllString(strings.Join(wrong.Errors, "; "), "$1 is no setting here")
	return errors.New(otherKind.ReplaceAllString(text, "the value is not of the kind that is wanted ($1)"))
}

var (
	unknownSetting = regexp.MustCompile(`field (\S+) not found in type \S+`)
	otherKind      = regexp.MustCompile("cannot unmarshal !!\\S+(?: `[^`]*`)? into ([^\\s;]+)")
)

// Save writes the settings as config.yaml of home, which must not have one.
func (s *Settings) Save(home string) error {
	b, err := yaml.Marshal(s)
	if err != nil {
		return err
	}
	return writeNew(filepath.Join(home, configFile), b, 0o644)
}

func (s *Settings) check() error {
	switch {
	case !agencyForm(s.Agency):
		return fmt.Errorf("agency %q: want a form like us.cbp", s.Agency)
	case s.Name == "":
		return errors.New("name: missing")
	case s.Environment != "test" && s.Environment != "production":
		return fmt.Errorf("environment %q: want test or production", s.Environment)
	}
	for name, addr := range map[string]string{"api": s.Listen.API, "enrol": s.Listen.Enrol, "log": s.Listen.Log, "ops": s.Listen.Ops} {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return fmt.Errorf("listen.%s: %w", name, err)
		}
		// It speaks plain HTTP: nobody outside the machine may reach it.
		if ip := net.ParseIP(host); name == "ops" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("listen.%s: %s is not a loopback address", name, addr)
		}
	}
	if err := s.checkNumbers(); err != nil {
		return err
	}
	if s.Limits.RecordBytes > inMemory {
		return fmt.Errorf("limits.recordBytes: at most %d, the cap of a signed payload", inMemory)
	}
	seen := map[string]bool{s.Agency: true}
	for _, p := range s.Peers {
		if !agencyForm(p.Agency) || seen[p.Agency] {
			return fmt.Errorf("peers: agency %q: malformed, own or twice", p.Agency)
		}
		seen[p.Agency] = true
		if !strings.HasPrefix(p.URL, "https://") {
			return fmt.Errorf("peers: %s: url must begin with https://", p.Agency)
		}
	}
	return errors.Join(s.checkLogReaders(), s.checkWitnesses(), s.Timestamps.check())
}

// checkNumbers refuses what would stop everything, or bound nothing.
func (s *Settings) checkNumbers() error {
	l, d := s.Limits, s.Delivery
	if min(l.DocumentBytes, l.XMLBytes, l.RecordBytes, l.MessageBytes, int64(l.Submissions), int64(l.RequestsPerSecond), int64(d.Workers)) < 0 {
		return errors.New("limits, delivery.workers: a number below zero")
	}
	if !slices.Contains([]string{"", "LOW", "MEDIUM", "HIGH"}, s.Recognition.Risk) {
		return fmt.Errorf("recognition.risk %q: want LOW, MEDIUM or HIGH", s.Recognition.Risk)
	}
	return nil
}

// agencyForm is country.agency in lower case, the form of contracts.md section 2.
func agencyForm(s string) bool {
	country, agency, ok := strings.Cut(s, ".")
	if !ok || len(country) != 2 || len(agency) < 2 || len(agency) > 20 {
		return false
	}
	return strings.Trim(country+agency, "abcdefghijklmnopqrstuvwxyz") == ""
}

func (s *Settings) defaults() {
	orInt := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	orBytes := func(v *int64, def int64) {
		if *v == 0 {
			*v = def
		}
	}
	orBytes(&s.Limits.DocumentBytes, 2<<30)
	orBytes(&s.Limits.XMLBytes, 8<<20)
	orBytes(&s.Limits.RecordBytes, 1<<20)
	orBytes(&s.Limits.MessageBytes, 4<<20)
	orInt(&s.Limits.Submissions, 64)
	orInt(&s.Limits.RequestsPerSecond, 500)
	orInt(&s.Delivery.Workers, 8)
	s.Delivery.MaxBackoff = Duration(s.Delivery.MaxBackoff.or(30 * time.Second))
	s.Delivery.DeadAfter = Duration(s.Delivery.DeadAfter.or(72 * time.Hour))
	s.Beat = Duration(s.Beat.or(time.Second))
	s.Reconcile = Duration(s.Reconcile.or(24 * time.Hour))
	s.Timestamps.Every = Duration(s.Timestamps.Every.or(24 * time.Hour))
	s.Witness.WarnAfter = Duration(s.Witness.WarnAfter.or(15 * time.Minute))
	if len(s.Recognition.Grounds) == 0 {
		s.Recognition.Grounds = []string{"SECURITY", "CONTRABAND"}
	}
	if s.Recognition.Risk == "" {
		s.Recognition.Risk = "MEDIUM"
	}
}

func (s *Settings) mirrors() bool { return s.Mirror == nil || *s.Mirror }

func (s *Settings) production() bool { return s.Environment == "production" }

func (s *Settings) guideFor(class string) string {
	for _, in := range s.Inbox {
		if in.Class == class {
			return in.Guide
		}
	}
	return ""
}

// writeNew writes a file that must not exist and syncs it with its folder.
func writeNew(path string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

//go:embed inbox.csv
var inboxCSV string

// DefaultInbox are the guides by which an agency's own systems read what
// arrives, from inbox.csv; an operator changes them in config.yaml.
func DefaultInbox(agency string) ([]InboxSettings, error) {
	rows, err := readTable(inboxCSV, 3)
	if err != nil {
		return nil, fmt.Errorf("inbox.csv: %w", err)
	}
	var out []InboxSettings
	for _, row := range rows {
		if row[0] == agency {
			out = append(out, InboxSettings{Class: row[1], Guide: row[2]})
		}
	}
	return out, nil
}

// readTable reads the rows of an embedded table below its heading.
func readTable(text string, columns int) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment, r.FieldsPerRecord = '#', columns
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	return rows[1:], nil
}
