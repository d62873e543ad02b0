package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A Policy says which logs are known and whose cosignatures a checkpoint must
// carry (C2SP tlog-policy). Witness keys of types 0x04 and 0x06 are understood.
type Policy struct {
	logs      []*verifyKey
	named     []*verifyKey // those among the logs that shards before them have named
	witnesses map[string]*verifyKey
	groups    map[string]group
	quorum    string
}

type group struct {
	need    int
	members []string
}

const (
	maxPolicy      = 64 << 10
	maxPolicyLines = 1024
	noQuorum       = "none"
)

// ParsePolicy reads a policy file.
func ParsePolicy(b []byte) (*Policy, error) {
	if len(b) > maxPolicy {
		return nil, fmt.Errorf("policy: %w", ErrTooLarge)
	}
	for i, c := range b {
		if c < 0x20 && c != '\t' && c != '\n' || c == 0x7f {
			return nil, fmt.Errorf("policy: byte %d: control character", i)
		}
	}
	p := &Policy{witnesses: map[string]*verifyKey{}, groups: map[string]group{}}
	lines := strings.Split(string(b), "\n")
	if len(lines) > maxPolicyLines {
		return nil, fmt.Errorf("policy: %w", ErrTooLarge)
	}
	for i, line := range lines {
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := p.line(words); err != nil {
			return nil, fmt.Errorf("policy: line %d: %w", i+1, err)
		}
	}
	if p.quorum == "" {
		return nil, errors.New("policy: no quorum line")
	}
	return p, nil
}

func (p *Policy) line(w []string) error {
	switch {
	case w[0] == "log" && (len(w) == 2 || len(w) == 3):
		key, err := parseVkey(w[1])
		if err != nil || key.alg != algEd25519 {
			return errVkey
		}
		if slices.ContainsFunc(p.logs, func(k *verifyKey) bool { return bytes.Equal(k.key, key.key) }) {
			return errors.New("key of another log")
		}
		p.logs = append(p.logs, key)
	case w[0] == "witness" && (len(w) == 3 || len(w) == 4):
		key, err := parseVkey(w[2])
		if err != nil || !key.cosigns() {
			return errVkey
		}
		for _, k := range p.witnesses {
			if bytes.Equal(k.key, key.key) {
				return errors.New("key of another witness")
			}
		}
		if p.known(w[1]) || w[1] == noQuorum {
			return fmt.Errorf("name %s is taken", w[1])
		}
		p.witnesses[w[1]] = key
	case w[0] == "group" && len(w) >= 4:
		return p.group(w[1], w[2], w[3:])
	case w[0] == "quorum" && len(w) == 2:
		if p.quorum != "" {
			return errors.New("second quorum")
		}
		if w[1] != noQuorum && !p.known(w[1]) {
			return fmt.Errorf("name %s is not defined", w[1])
		}
		p.quorum = w[1]
	default:
		return errors.New("not a line of a policy")
	}
	return nil
}

func (p *Policy) group(name, threshold string, members []string) error {
	if p.known(name) || name == noQuorum {
		return fmt.Errorf("name %s is taken", name)
	}
	used := map[string]bool{}
	for _, g := range p.groups {
		for _, m := range g.members {
			used[m] = true
		}
	}
	for _, m := range members {
		if !p.known(m) || used[m] {
			return fmt.Errorf("member %s is not defined, or a member already", m)
		}
		used[m] = true
	}
	g := group{members: members}
	switch threshold {
	case "all":
		g.need = len(members)
	case "any":
		g.need = 1
	default:
		n, err := strconv.Atoi(threshold)
		if err != nil || strconv.Itoa(n) != threshold || n < 1 || n > len(members) {
			return errors.New("threshold out of range")
		}
		g.need = n
	}
	p.groups[name] = g
	return nil
}

func (p *Policy) known(name string) bool {
	_, w := p.witnesses[name]
	_, g := p.groups[name]
	return w || g
}

// log returns the key of an origin.
func (p *Policy) log(origin string) *verifyKey {
	for _, k := range p.logs {
		if k.name == origin {
			return k
		}
	}
	return nil
}

// verifiers are all witnesses.
func (p *Policy) verifiers() []note.Verifier {
	var out []note.Verifier
	for _, k := range p.witnesses {
		out = append(out, k)
	}
	return out
}

// cosigners are the key names of the policy's witnesses among verified signatures.
func (p *Policy) cosigners(sigs []note.Signature) []string {
	out := []string{}
	for _, k := range p.witnesses {
		for _, s := range sigs {
			if s.Name == k.name && s.Hash == k.hash {
				out = append(out, k.name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out) // one may have two keys
}

// satisfied says whether verified signatures are a quorum.
func (p *Policy) satisfied(sigs []note.Signature) bool {
	return p.quorum == noQuorum || p.holds(p.quorum, sigs)
}

func (p *Policy) holds(name string, sigs []note.Signature) bool {
	if k := p.witnesses[name]; k != nil {
		return slices.ContainsFunc(sigs, func(s note.Signature) bool { return s.Name == k.name && s.Hash == k.hash })
	}
	g := p.groups[name] // groups name only what was defined before: no cycles
	n := 0
	for _, m := range g.members {
		if p.holds(m, sigs) {
			n++
		}
	}
	return n >= g.need
}

// writePolicy writes the ledger's own policy: its logs, the cosignature of a
// peer if there are peers, and of one auditor besides if there are auditors.
func (l *Ledger) writePolicy() error {
	var b strings.Builder
	b.WriteString("# The logs of this ledger and who cosigns them (C2SP tlog-policy).\n")
	b.WriteString("# Written at every start. For trust that does not come from the ledger\n# itself get the keys from the agencies.\n")
	for _, name := range append([]string{Internal}, l.relations()...) {
		for _, s := range l.shards(name) {
			fmt.Fprintf(&b, "log %s\n", s.key.vkey())
		}
	}
	var names []string
	for _, name := range l.relations() {
		s := l.logs()[name]
		if s.peer == nil {
			continue
		}
		fmt.Fprintf(&b, "witness %s %s\n", name, s.peer.key.vkey())
		names = append(names, name)
		if s.peer.pq != nil { // told of when it is there, not wanted
			fmt.Fprintf(&b, "witness %s%s %s\n", name, mldsaSuffix, s.peer.pq.vkey())
		}
	}
	wanted := []string{someOf(&b, "peers", "any", names)}
	if l.logPQ != nil {
		fmt.Fprintf(&b, "witness %s %s\n", logsMLDSA, l.logPQ.vkey())
		wanted = append(wanted, logsMLDSA)
	}
	writeQuorum(&b, wanted, l.config.Auditors, l.config.AuditorQuorum)
	if _, err := ParsePolicy([]byte(b.String())); err != nil {
		return fmt.Errorf("peers and auditors make no policy: %w", err)
	}
	path := filepath.Join(l.config.Dir, "policy")
	if old, err := os.ReadFile(path); err == nil && string(old) == b.String() {
		return nil
	}
	return writeDurable(path, []byte(b.String()))
}

// Names of ML-DSA keys in the policies that we write.
const (
	mldsaSuffix = "-mldsa"     // behind the name of a peer
	logsMLDSA   = "logs-mldsa" // of the logs' own
)

// RelationPolicy is the policy for one relation log: the peer must have
// cosigned it, of the auditors as many as wanted, and the log itself with
// ML-DSA when keys has such a key.
func RelationPolicy(keys PublicKeys, peer Peer, auditors []Auditor, quorum string) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "log %s\nwitness %s %s\n", keys.Logs[peer.Log], peer.Log, peer.WitnessKey)
	wanted := []string{peer.Log}
	if peer.WitnessMLDSA != "" {
		fmt.Fprintf(&b, "witness %s%s %s\n", peer.Log, mldsaSuffix, peer.WitnessMLDSA)
	}
	if keys.LogsMLDSA != "" {
		fmt.Fprintf(&b, "witness %s %s\n", logsMLDSA, keys.LogsMLDSA)
		wanted = append(wanted, logsMLDSA)
	}
	writeQuorum(&b, wanted, auditors, quorum)
	_, err := ParsePolicy([]byte(b.String()))
	return []byte(b.String()), err
}

// writeQuorum writes the auditors and the quorum: all that are wanted, and of
// the auditors some.
func writeQuorum(b *strings.Builder, wanted []string, auditors []Auditor, some string) {
	var names []string
	for _, a := range auditors {
		fmt.Fprintf(b, "witness %s %s\n", a.Name, a.Key)
		names = append(names, a.Name)
	}
	if some == "" {
		some = "any"
	}
	wanted = append(wanted, someOf(b, "auditors", some, names))
	wanted = slices.DeleteFunc(wanted, func(name string) bool { return name == noQuorum })
	fmt.Fprintf(b, "quorum %s\n", someOf(b, "witnesses", "all", wanted))
}

// someOf names as many witnesses as wanted, with a group of that name if they are several.
func someOf(b *strings.Builder, group, wanted string, names []string) string {
	switch len(names) {
	case 0:
		return noQuorum
	case 1:
		if wanted == "any" || wanted == "all" || wanted == "1" {
			return names[0]
		}
	}
	fmt.Fprintf(b, "group %s %s %s\n", group, wanted, strings.Join(names, " "))
	return group
}

func (k *verifyKey) vkey() string { return vkey(k.name, k.alg, k.key) }
