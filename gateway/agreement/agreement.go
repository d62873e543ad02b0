package agreement

import (
	"slices"
	"time"
)

// Agreement is one version of a data-sharing agreement, read from its file and compiled. It does not change after [Parse].
type Agreement struct {
	ID         string
	Version    int
	Hash       string // sha256: and the hex digest of the file's exact bytes
	Title      Text
	Supersedes Ref // the version that this one replaces; zero when it is the first
	Parties    []Party
	Authority  map[string][]string // agency to the citations that it acts under
	Assurances []string
	Dates      Dates
	Annexes    map[string]string // name to digest
	Articles   []Article
	Suspension Suspension
	Breach     Breach

	bytes []byte
	table *table
}

// Text is a text in both languages.
type Text struct {
	EN string `json:"en,omitempty"`
	FR string `json:"fr,omitempty"`
}

// In returns the text in a language, English when it has no other.
func (t Text) In(lang string) string {
	if lang == French && t.FR != "" {
		return t.FR
	}
	return t.EN
}

// Ref names one version of an agreement by its exact bytes.
type Ref struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Hash    string `json:"hash"`
}

// Party is an agency that signs.
type Party struct {
	Agency  string
	Country string // ISO 3166 alpha-2
	Key     string // thumbprint of the signing key: sha256: and 43 characters of base64url (RFC 7638)
	Contact string // a role mailbox, never a person
	Title   Text
}

// Dates are when the agreement binds. Days are whole UTC days; from and until are both inside.
type Dates struct {
	Signed time.Time
	From   time.Time
	Until  time.Time // the last day
	Review time.Time
	Grace  time.Duration // how long after the last day a message that was sealed before its end may still be received
}

// Article is one numbered rule of the agreement.
type Article struct {
	ID        string
	Title     Text
	Purpose   string
	From, To  string // agencies; both empty: either direction between the parties
	Classes   []string
	When      []Condition // all must hold
	Share     []string    // patterns of element paths
	Mask      []Masking
	Withhold  []string
	Retention string // ISO 8601 period
	Caveats   []string
	Onward    string // "consent" (the default: the originator is asked first) or "never"
	Approval  string // "human" or empty
	Line      int    // of the file
}

// Masking is a pattern and the method by which its elements are masked.
type Masking struct{ Path, Method string }

// Suspension says how a party stops the agreement.
type Suspension struct {
	NoticeHours int
	OnBreach    string // "immediate" or "notice"
}

// Breach says who is told of a breach, and how soon.
type Breach struct {
	NotifyHours int
	Notify      []string
}

// Ref returns the agreement's name, version and digest.
func (a *Agreement) Ref() Ref { return Ref{a.ID, a.Version, a.Hash} }

// Bytes returns the exact bytes that were parsed and that the parties sign.
func (a *Agreement) Bytes() []byte { return slices.Clone(a.bytes) }

// Party finds a party by its agency.
func (a *Agreement) Party(agency string) (Party, bool) {
	i := slices.IndexFunc(a.Parties, func(p Party) bool { return p.Agency == agency })
	if i < 0 {
		return Party{}, false
	}
	return a.Parties[i], true
}

// Covers reports whether the article speaks of data that goes from one agency to another.
func (r *Article) Covers(from, to string) bool {
	return r.From == "" && r.To == "" || r.From == from && r.To == to
}

// Purpose returns the purpose of the first article that covers the direction and the class.
func (a *Agreement) Purpose(from, to, class string) (string, bool) {
	if a == nil {
		return "", false
	}
	_, sends := a.Party(from)
	_, receives := a.Party(to)
	if !sends || !receives || from == to {
		return "", false
	}
	for i := range a.Articles {
		if r := &a.Articles[i]; r.Covers(from, to) && slices.Contains(r.Classes, class) {
			return r.Purpose, true
		}
	}
	return "", false
}

// Select returns the version of the set that binds two agencies at an instant: the highest one inside its dates, nil when there is none.
// At midnight between two versions the old one ends and the new one begins.
func Select(set []*Agreement, from, to string, at time.Time) *Agreement {
	var found *Agreement
	for _, a := range set {
		_, sends := a.Party(from)
		_, receives := a.Party(to)
		if sends && receives && a.Dates.Contains(at) && (found == nil || a.Version > found.Version) {
			found = a
		}
	}
	return found
}

// Contains reports whether an instant is inside the dates: from the first moment of the first day to the last of the last.
func (d Dates) Contains(at time.Time) bool {
	return !at.Before(d.From) && at.Before(d.end())
}

func (d Dates) end() time.Time { return d.Until.AddDate(0, 0, 1) }
