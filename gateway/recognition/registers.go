package recognition

import (
	"crypto/sha256"
	"embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed registers/*.csv reasons.csv
var embedded embed.FS

// registersVersion is the version that both agencies approve together; it changes with any of the files.
const registersVersion = "v1"

// Registers is what the rules know of the world: the matrix, windows, grounds, kinds, outcomes, standards, facilities, instruments and reasons.
// It does not change after it was loaded. The zero value recognises nothing.
type Registers struct {
	Version string
	Hash    string // sha256: over the names and bytes of the files, in order of name

	matrix      map[pair]cell
	windows     map[Mode]window
	grounds     map[Ground]ground
	kinds       map[Kind]kind
	outcomes    map[Outcome]outcome
	standards   map[Standard]term
	facilities  map[string]facility
	instruments map[string]term
	reasons     map[reasonKey]Reason
}

type (
	pair struct {
		ground Ground
		kind   Kind
	}
	cell struct {
		risk  Risk
		needs string
	}
	window  struct{ base, trusted time.Duration }
	ground  struct{ delegable, document bool }
	kind    struct{ opens, instrument bool }
	outcome struct {
		ground Ground
		code   string
	}
	term     struct{ from, until time.Time } // zero is unbounded; until is the last day
	facility struct {
		term
		kinds []Kind
	}
	reasonKey struct {
		rule int
		code string
	}
)

// What a cell of the matrix needs beside the risk.
const (
	needsNoAlarm    = "no-alarm"
	needsConclusion = "conclusion"
)

// Effect is what a reason does to the decision.
type Effect string

// The effects.
const (
	Hard     Effect = "hard"
	OnGround Effect = "ground"
	Manual   Effect = "manual"
	Info     Effect = "info"
)

// Reason is one row of reasons.csv.
type Reason struct {
	Rule     string // R01 to R20, empty for what no rule says
	Code     string
	Effect   Effect
	Argument string // what stands in brackets after the code, if anything
	Told     string // to the agency that examined: yes, bare (the code without content) or no
	EN, FR   string
}

// Embedded returns the registers that are built in.
func Embedded() (Registers, error) { return Load(embedded) }

// Load reads registers from a folder of the embedded layout: registers/*.csv and reasons.csv. Everything is checked here; an error names file and line.
func Load(fsys fs.FS) (Registers, error) {
	r := Registers{
		Version: registersVersion, matrix: map[pair]cell{}, windows: map[Mode]window{}, grounds: map[Ground]ground{}, kinds: map[Kind]kind{},
		outcomes: map[Outcome]outcome{}, standards: map[Standard]term{}, facilities: map[string]facility{}, instruments: map[string]term{},
		reasons: map[reasonKey]Reason{},
	}
	l := loader{fsys: fsys}
	// Grounds and kinds first: the others name them.
	l.file("registers/grounds.csv", 3, func(f []string) {
		r.grounds[Ground(f[0])] = ground{l.yes(f[1]), l.oneOf(f[2], "physical", "document") == "document"}
	})
	l.file("registers/kinds.csv", 3, func(f []string) { r.kinds[Kind(f[0])] = kind{l.yes(f[1]), l.yes(f[2])} })
	l.file("registers/matrix.csv", 4, func(f []string) {
		l.known(f[0], has(r.grounds, Ground(f[0])))
		l.known(f[1], has(r.kinds, Kind(f[1])))
		risk := Risk(l.oneOf(f[2], string(Low), string(Medium), string(High)))
		r.matrix[pair{Ground(f[0]), Kind(f[1])}] = cell{risk, l.oneOf(f[3], "", needsNoAlarm, needsConclusion)}
	})
	l.file("registers/windows.csv", 3, func(f []string) { r.windows[Mode(f[0])] = window{l.hours(f[1]), l.hours(f[2])} })
	l.file("registers/outcomes.csv", 4, func(f []string) {
		l.oneOf(f[1], "pass", "fail", "ground")
		l.known(f[2], f[2] == "" || has(r.grounds, Ground(f[2])))
		r.outcomes[Outcome(f[0])] = outcome{Ground(f[2]), f[3]}
	})
	l.file("registers/standards.csv", 4, func(f []string) { r.standards[Standard{f[0], f[1]}] = l.term(f[2], f[3]) })
	l.file("registers/facilities.csv", 5, func(f []string) {
		site := facility{term: l.term(f[3], f[4])}
		for name := range strings.SplitSeq(f[2], "+") {
			l.known(name, has(r.kinds, Kind(name)))
			site.kinds = append(site.kinds, Kind(name))
		}
		r.facilities[f[0]] = site
	})
	l.file("registers/instruments.csv", 5, func(f []string) {
		r.instruments[f[0]] = l.term(f[3], f[4])
		r.instruments[digest([]byte(f[0]))] = l.term(f[3], f[4])
	})
	l.file("reasons.csv", 7, func(f []string) {
		rule := 0
		if f[0] != "" {
			rule, _ = strconv.Atoi(strings.TrimPrefix(f[0], "R")) // 0 is caught below
			l.known(f[0], rule >= 1 && rule <= 20)
		}
		effect := Effect(l.oneOf(f[2], string(Hard), string(OnGround), string(Manual), string(Info)))
		r.reasons[reasonKey{rule, f[1]}] = Reason{f[0], f[1], effect, f[3], l.oneOf(f[4], "yes", "bare", "no"), f[5], f[6]}
	})
	if l.err != nil {
		return Registers{}, l.err
	}
	for _, o := range r.outcomes {
		if _, found := r.reasons[reasonKey{6, o.code}]; o.code != "" && !found {
			return Registers{}, fmt.Errorf("registers/outcomes.csv: code %s is not a reason of R06", o.code)
		}
	}
	r.Hash = "sha256:" + hex.EncodeToString(l.sum())
	return r, nil
}

// Reasons returns every reason, by rule, then by code.
func (r *Registers) Reasons() []Reason {
	var out []Reason
	for _, reason := range r.reasons {
		out = append(out, reason)
	}
	slices.SortFunc(out, func(a, b Reason) int {
		return strings.Compare(a.Rule+a.Code, b.Rule+b.Code)
	})
	return out
}

// Accredited reports whether a facility was accredited for every one of the kinds at an instant (R09).
func (r *Registers) Accredited(facilityID string, kinds []Kind, at time.Time) bool {
	site, found := r.facilities[facilityID]
	return found && site.contains(at) && !slices.ContainsFunc(kinds, func(k Kind) bool { return !slices.Contains(site.kinds, k) })
}

// Registered reports whether an instrument was registered at an instant (R10). The id is in clear or its SHA-256, as the exam record has it.
func (r *Registers) Registered(instrumentID string, at time.Time) bool {
	t, found := r.instruments[instrumentID]
	return found && t.contains(at)
}

// recognised reports whether a procedure standard in this version was recognised at an instant (R08).
func (r *Registers) recognised(s Standard, at time.Time) bool {
	t, found := r.standards[s]
	return found && t.contains(at)
}

func (t term) contains(at time.Time) bool {
	return !at.Before(t.from) && (t.until.IsZero() || at.Before(t.until.AddDate(0, 0, 1)))
}

func has[K comparable, V any](m map[K]V, k K) bool {
	_, found := m[k]
	return found
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// loader reads files and keeps the first error with file and line.
type loader struct {
	fsys  fs.FS
	read  []byte // names and bytes of all files
	where string
	err   error
}

func (l *loader) file(name string, columns int, row func([]string)) {
	if l.err != nil {
		return
	}
	b, err := fs.ReadFile(l.fsys, name)
	if err != nil {
		l.err = err
		return
	}
	l.read = append(append(append(l.read, name...), 0), b...)
	in := csv.NewReader(strings.NewReader(string(b)))
	in.Comment, in.FieldsPerRecord = '#', columns
	rows, err := in.ReadAll()
	if err != nil || len(rows) == 0 {
		l.err = fmt.Errorf("%s: not a table of %d columns: %w", name, columns, err)
		return
	}
	for i, fields := range rows[1:] {
		l.where = fmt.Sprintf("%s: row %d", name, i+1)
		if row(fields); l.err != nil {
			return
		}
	}
}

func (l *loader) sum() []byte {
	sum := sha256.Sum256(l.read)
	return sum[:]
}

func (l *loader) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf(l.where+": "+format, args...)
	}
}

func (l *loader) known(value string, ok bool) {
	if !ok {
		l.fail("%q is not known", value)
	}
}

func (l *loader) oneOf(value string, allowed ...string) string {
	l.known(value, slices.Contains(allowed, value))
	return value
}

func (l *loader) yes(value string) bool { return l.oneOf(value, "yes", "no") == "yes" }

func (l *loader) hours(value string) time.Duration {
	n, err := strconv.Atoi(value)
	if err != nil || n <= 0 || n > 10000 {
		l.fail("%q is not a number of hours", value)
	}
	return time.Duration(n) * time.Hour
}

func (l *loader) term(from, until string) term {
	return term{l.day(from), l.day(until)}
}

func (l *loader) day(value string) time.Time {
	if value == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		l.fail("%q is not a date", value)
	}
	return t
}
