package agreement

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"peacebridge/mapping/cargo"
)

// Limits of an agreement's content.
const (
	maxArticles = 200
	maxPatterns = 500 // of one list of one article
)

// Forms of texts that mean something outside the file.
var (
	idForm        = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,63}$`)
	articleForm   = regexp.MustCompile(`^[0-9A-Za-z]+(\.[0-9A-Za-z]+)*$`)
	agencyForm    = regexp.MustCompile(`^[a-z]{2}\.[a-z][a-z0-9-]*$`)
	countryForm   = regexp.MustCompile(`^[A-Z]{2}$`)
	keyForm       = regexp.MustCompile(`^sha256:[A-Za-z0-9_-]{43}$`)
	retentionForm = regexp.MustCompile(`^P(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?$`)
	hoursForm     = regexp.MustCompile(`^PT(\d{1,3})H$`)
)

// Parse reads an agreement's file. The vocabulary is closed: a name, a word or a path that is not known is an error. With any error the agreement is
// nil; warnings are returned with it. Every issue has the line that it concerns.
func Parse(b []byte) (*Agreement, []Issue) {
	r := &reader{}
	root := r.root(b)
	if root == nil {
		return nil, r.issues
	}
	sum := sha256.Sum256(b)
	a := &Agreement{Hash: "sha256:" + hex.EncodeToString(sum[:]), bytes: slices.Clone(b)}
	r.agreement(a, root)
	if r.failed() {
		return nil, r.issues
	}
	a.table = compile(a, cargo.Dictionary())
	r.lint(a)
	if r.failed() {
		return nil, r.issues
	}
	return a, r.issues
}

func (r *reader) agreement(a *Agreement, root *yaml.Node) {
	o, ok := r.object(root, "", "agreement", "version", "title", "supersedes", "parties", "authority", "assurances", "inForce", "annexes",
		"articles", "suspension", "breach")
	if !ok {
		return
	}
	a.ID = o.form("agreement", true, idForm, "capital letters, digits and hyphens")
	if a.Version = o.whole("version", true); a.Version == 0 && o.at["version"] != nil {
		r.add("agreement.value", o.at["version"], "version", "versions count from 1")
	}
	a.Title = o.both("title", true)
	r.supersedes(a, o)
	r.parties(a, o)
	r.authority(a, o)
	a.Assurances = r.of(o.list("assurances"), ids(vocabulary().assurances))
	r.dates(a, o)
	r.annexes(a, o)
	r.suspension(a, o)
	r.articles(a, o)
}

func (o object) form(name string, required bool, form *regexp.Regexp, want string) string {
	s := o.text(name, required)
	if s != "" && !form.MatchString(s) {
		o.r.add("agreement.value", o.at[name], o.sub(name), "%s are wanted here", want)
		return ""
	}
	return s
}

func (r *reader) supersedes(a *Agreement, o object) {
	n, found := o.at["supersedes"]
	if !found {
		return
	}
	if s, ok := r.object(n, "supersedes", "agreement", "version", "hash"); ok {
		a.Supersedes = Ref{s.form("agreement", true, idForm, "capital letters, digits and hyphens"), s.whole("version", true), s.text("hash", true)}
	}
}

func (r *reader) parties(a *Agreement, o object) {
	n, found := o.need("parties")
	if !found {
		return
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) < 2 {
		r.add("agreement.parties", n, "parties", "two parties or more are wanted here")
		return
	}
	for i, item := range n.Content {
		path := fmt.Sprintf("parties[%d]", i)
		p, ok := r.object(item, path, "id", "country", "key", "contact", "title")
		if !ok {
			continue
		}
		party := Party{
			Agency: p.form("id", true, agencyForm, "a country and an agency, as ca.cbsa,"), Country: p.form("country", true, countryForm, "two capital letters"),
			Contact: p.text("contact", false), Title: p.both("title", false),
		}
		// A key that is not a thumbprint is a draft's placeholder: the agreement can be read and tried, but not come into force.
		if party.Key = p.text("key", false); !keyForm.MatchString(party.Key) {
			r.add("agreement.key-missing", item, path+".key", "the thumbprint of the signing key is not filled in")
			party.Key = ""
		}
		if _, twice := a.Party(party.Agency); twice {
			r.add("agreement.parties", item, path, "%s stands twice", party.Agency)
		}
		a.Parties = append(a.Parties, party)
	}
}

func (r *reader) authority(a *Agreement, o object) {
	n, found := o.at["authority"]
	if !found {
		return
	}
	a.Authority = map[string][]string{}
	by, ok := r.object(n, "authority", a.agencies()...)
	if !ok {
		return
	}
	for _, agency := range a.agencies() {
		for _, w := range by.list(agency) {
			a.Authority[agency] = append(a.Authority[agency], w.text)
		}
	}
}

func (a *Agreement) agencies() []string {
	var out []string
	for _, p := range a.Parties {
		out = append(out, p.Agency)
	}
	return out
}

func (r *reader) dates(a *Agreement, o object) {
	n, found := o.need("inForce")
	if !found {
		return
	}
	d, ok := r.object(n, "inForce", "signed", "from", "until", "review", "grace")
	if !ok {
		return
	}
	a.Dates = Dates{Signed: d.day("signed", false), From: d.day("from", true), Until: d.day("until", true), Review: d.day("review", false)}
	if a.Dates.Until.Before(a.Dates.From) {
		r.add("agreement.dates", n, "inForce", "until is before from")
	}
	if grace := d.form("grace", false, hoursForm, "hours, as PT24H,"); grace != "" {
		h, err := time.ParseDuration(strings.ToLower(strings.TrimPrefix(grace, "PT")))
		if err != nil {
			r.add("agreement.value", d.at["grace"], "inForce.grace", "hours, as PT24H, are wanted here")
		}
		a.Dates.Grace = h
	}
}

func (r *reader) annexes(a *Agreement, o object) {
	n, found := o.at["annexes"]
	if !found {
		return
	}
	list, ok := r.object(n, "annexes")
	if !ok {
		return
	}
	a.Annexes = map[string]string{}
	for name := range list.at {
		a.Annexes[name] = list.text(name, true)
	}
}

func (r *reader) suspension(a *Agreement, o object) {
	a.Suspension = Suspension{OnBreach: "immediate"}
	if n, found := o.at["suspension"]; found {
		if s, ok := r.object(n, "suspension", "noticeHours", "onBreach"); ok {
			a.Suspension.NoticeHours = s.whole("noticeHours", false)
			if on := s.choice("onBreach", false, "immediate", "notice"); on != "" {
				a.Suspension.OnBreach = on
			}
		}
	}
	if n, found := o.at["breach"]; found {
		if s, ok := r.object(n, "breach", "notifyHours", "notify"); ok {
			a.Breach.NotifyHours = s.whole("notifyHours", false)
			for _, w := range s.list("notify") {
				a.Breach.Notify = append(a.Breach.Notify, w.text)
			}
		}
	}
}

func (r *reader) articles(a *Agreement, o object) {
	n, found := o.need("articles")
	if !found {
		return
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) > maxArticles {
		r.add("agreement.wrong-kind", n, "articles", "a list of at most %d articles is wanted here", maxArticles)
		return
	}
	seen := map[string]bool{}
	for i, item := range n.Content {
		path := fmt.Sprintf("articles[%d]", i)
		art, ok := r.article(a, item, path)
		if !ok {
			continue
		}
		if seen[art.ID] {
			r.add("agreement.duplicate", item, path+".id", "article %s stands twice", art.ID)
		}
		seen[art.ID] = true
		a.Articles = append(a.Articles, art)
	}
}

func (r *reader) article(a *Agreement, n *yaml.Node, path string) (Article, bool) {
	o, ok := r.object(n, path, "id", "title", "purpose", "direction", "classes", "when", "share", "mask", "withhold", "retention", "caveats",
		"onward", "approval")
	if !ok {
		return Article{}, false
	}
	v := vocabulary()
	art := Article{
		ID: o.form("id", true, articleForm, "numbers with dots, as 4.1,"), Title: o.both("title", false), Line: n.Line,
		Purpose: o.choice("purpose", true, ids(v.purposes)...), Caveats: r.of(o.list("caveats"), ids(v.caveats)),
		Onward: o.choice("onward", false, "consent", "never"), Approval: o.choice("approval", false, "human"),
		Retention: o.form("retention", false, retentionForm, "years, months, weeks and days, as P2Y,"),
	}
	if art.Onward == "" {
		art.Onward = "consent"
	}
	if art.Retention == "P" {
		r.add("agreement.value", o.at["retention"], o.sub("retention"), "a period, as P2Y, is wanted here")
	}
	r.direction(a, &art, o)
	if _, found := o.need("classes"); found {
		art.Classes = r.of(o.list("classes"), recordClasses())
	}
	art.Share = r.patterns(o.list(Share))
	art.Withhold = r.patterns(o.list(Withhold))
	r.masks(&art, o)
	r.when(&art, o)
	return art, true
}

// direction is both, or the one way from and to.
func (r *reader) direction(a *Agreement, art *Article, o object) {
	n, found := o.need("direction")
	if !found {
		return
	}
	if n.Kind == yaml.ScalarNode {
		o.choice("direction", true, "both")
		return
	}
	way, ok := r.object(n, o.sub("direction"), "from", "to")
	if !ok {
		return
	}
	art.From, art.To = way.choice("from", true, a.agencies()...), way.choice("to", true, a.agencies()...)
	if art.From != "" && art.From == art.To {
		r.add("agreement.value", n, o.sub("direction"), "from and to are the same agency")
	}
}

func (r *reader) patterns(list []word) []string {
	if len(list) > maxPatterns {
		r.add("agreement.too-large", list[0].node, list[0].path, "more than %d paths", maxPatterns)
		return nil
	}
	var out []string
	for _, w := range list {
		if r.pattern(w) {
			out = append(out, w.text)
		}
	}
	return out
}

// masks reads the mapping of pattern to method.
func (r *reader) masks(art *Article, o object) {
	n, found := o.at[Mask]
	if !found {
		return
	}
	list, ok := r.object(n, o.sub(Mask))
	if !ok || len(list.at) > maxPatterns {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 { // in the order of the file
		key := n.Content[i]
		w := word{key.Value, key, o.sub(Mask) + "." + key.Value}
		method := list.choice(key.Value, true, ids(vocabulary().methods)...)
		if list.keys[key.Value] != key || !r.pattern(w) || method == "" {
			continue
		}
		r.maskable(w, method)
		art.Mask = append(art.Mask, Masking{key.Value, method})
	}
}

// recordClasses are the classes that the dictionary knows.
func recordClasses() []string {
	var out []string
	for e := range cargo.Dictionary().All() {
		for _, class := range e.Classes {
			if class != "*" && !slices.Contains(out, class) {
				out = append(out, class)
			}
		}
	}
	slices.Sort(out)
	return out
}
