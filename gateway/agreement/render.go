package agreement

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"peacebridge/mapping/cargo"
)

// Render writes the agreement as numbered prose for lawyers, in English (en) or French (fr). The YAML file is what binds; this is what it says.
func (a *Agreement) Render(lang string) string {
	w := &writer{lang: lang, a: a}
	w.line("%s", w.say("title", a.ID, a.Version))
	w.line("%s", a.Title.In(lang))
	w.parties()
	w.term()
	w.section("general")
	for _, rule := range [...]string{"rule-deny", "rule-order", "rule-facts", "rule-person", "rule-both"} {
		w.clause("%s", w.say(rule))
	}
	w.section("articles")
	for i := range a.Articles {
		w.article(&a.Articles[i])
	}
	w.suspension()
	w.line("")
	w.line("%s", w.say("digest", a.Hash))
	return w.out.String()
}

// phrases are the sentences of the rendered text by key.
func phrases() map[string]Text {
	out := map[string]Text{}
	for _, f := range rows("vocabulary/phrases.csv", 3) {
		out[f[0]] = Text{f[1], f[2]}
	}
	return out
}

// writer numbers and writes.
type writer struct {
	lang             string
	a                *Agreement
	out              strings.Builder
	sections, number int
	text, groups     map[string]Text
}

// say fills a phrase in.
func (w *writer) say(key string, args ...any) string {
	if w.text == nil {
		w.text = phrases()
	}
	s := w.text[key].In(w.lang)
	for i, arg := range args {
		s = strings.ReplaceAll(s, fmt.Sprintf("{%d}", i+1), fmt.Sprint(arg))
	}
	return s
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.out, format+"\n", args...)
}

func (w *writer) section(key string) {
	w.sections++
	w.number = 0
	w.line("\n%d. %s", w.sections, w.say(key))
}

func (w *writer) clause(format string, args ...any) {
	w.number++
	w.line("%d.%d %s", w.sections, w.number, fmt.Sprintf(format, args...))
}

func (w *writer) parties() {
	w.section("parties")
	for _, p := range w.a.Parties {
		name := p.Title.In(w.lang)
		if name == "" {
			name = p.Agency
		}
		key := w.say("key-open")
		if p.Key != "" {
			key = w.say("key", p.Key)
		}
		parts := []string{w.say("party", name, p.Agency, p.Country), key}
		if p.Contact != "" {
			parts = append(parts, w.say("contact", p.Contact))
		}
		w.clause("%s.", strings.Join(parts, "; "))
	}
	if len(w.a.Authority) > 0 {
		w.section("authority")
		for _, agency := range w.a.agencies() {
			if cited := w.a.Authority[agency]; len(cited) > 0 {
				w.clause("%s.", w.say("authority-of", agency, strings.Join(cited, "; ")))
			}
		}
	}
	if len(w.a.Assurances) > 0 {
		w.section("assurances")
		for _, id := range w.a.Assurances {
			t, _ := find(vocabulary().assurances, id)
			w.clause("%s", w.say("assurance", t.meaning.In(w.lang)))
		}
	}
}

func (w *writer) term() {
	d := w.a.Dates
	w.section("term")
	if !d.Signed.IsZero() {
		w.clause("%s", w.say("signed", day(d.Signed)))
	}
	w.clause("%s", w.say("in-force", day(d.From), day(d.Until)))
	if !d.Review.IsZero() {
		w.clause("%s", w.say("review", day(d.Review)))
	}
	if d.Grace > 0 {
		w.clause("%s", w.say("grace", int(d.Grace/time.Hour)))
	}
	if s := w.a.Supersedes; s.ID != "" {
		w.clause("%s", w.say("supersedes", s.ID, s.Version, s.Hash))
	}
}

func (w *writer) suspension() {
	w.section("suspension")
	w.clause("%s", w.say("suspend", w.a.Suspension.NoticeHours))
	w.clause("%s", w.say("breach-"+w.a.Suspension.OnBreach))
	if w.a.Breach.NotifyHours > 0 {
		w.clause("%s", w.say("breach-notify", w.a.Breach.NotifyHours, strings.Join(w.a.Breach.Notify, ", ")))
	}
	if len(w.a.Annexes) == 0 {
		return
	}
	w.section("annexes")
	for _, name := range slices.Sorted(maps.Keys(w.a.Annexes)) {
		w.clause("%s", w.say("annex", name, w.a.Annexes[name]))
	}
}

// article writes one article. Articles keep the number that the agreement gives them; their sentences are lettered by order.
func (w *writer) article(r *Article) {
	head := w.say("article", r.ID)
	if title := r.Title.In(w.lang); title != "" {
		head += ". " + title
	}
	w.line("\n%s", head)
	n := 0
	say := func(text string) {
		n++
		w.line("  (%d) %s", n, text)
	}
	purpose, _ := find(vocabulary().purposes, r.Purpose)
	say(w.say("purpose", purpose.name.In(w.lang), purpose.meaning.In(w.lang)))
	if r.From == "" {
		say(w.say("both-ways"))
	} else {
		say(w.say("one-way", r.From, r.To))
	}
	say(w.say("classes", strings.Join(r.Classes, w.say("or"))))
	if len(r.When) > 0 {
		var facts []string
		for i := range r.When {
			facts = append(facts, w.condition(&r.When[i]))
		}
		say(w.say("when", strings.Join(facts, w.say("and"))))
	}
	w.list(r.Share, "share", say)
	if len(r.Mask) > 0 {
		say(w.say("mask"))
		for _, m := range r.Mask {
			method, _ := find(vocabulary().methods, m.Method)
			w.line("      - %s", w.say("masked", w.element(m.Path), method.name.In(w.lang), method.meaning.In(w.lang)))
		}
	}
	w.list(r.Withhold, "withhold", say)
	if r.Retention != "" {
		say(w.say("retention", w.period(r.Retention)))
	}
	if len(r.Caveats) > 0 {
		say(w.say("caveats", strings.Join(r.Caveats, ", ")) + " " + w.say("onward-"+r.Onward))
	}
	if r.Approval != "" {
		say(w.say("approval"))
	}
}

func (w *writer) list(patterns []string, key string, say func(string)) {
	if len(patterns) == 0 {
		return
	}
	say(w.say(key))
	for _, p := range patterns {
		w.line("      - %s", w.element(p))
	}
}

func (w *writer) condition(c *Condition) string {
	fact, _ := find(vocabulary().facts, c.Fact)
	name := fact.name.In(w.lang)
	switch c.Fact {
	case factBetween:
		return name + " " + w.say("period", day(c.From), day(c.Until))
	case factQuota:
		return name + " " + w.say("quota", c.Limit, w.say(c.Per))
	case factLegalRequest:
		return name
	}
	var values []string
	for _, v := range c.Values {
		if said := w.say(v); said != "" { // a word of ours; the others are codes
			v = said
		}
		values = append(values, v)
	}
	return name + " " + strings.Join(values, w.say("or"))
}

// element puts a pattern into words, group by group, with the pattern itself in brackets: it is what binds.
func (w *writer) element(text string) string {
	p, err := readPattern(text)
	switch {
	case err != nil:
		return text
	case text == headerWord:
		return w.say("header")
	case p.sensitivity != "":
		return w.say("sensitivity", p.sensitivity)
	}
	var groups []string
	members := map[string][]string{}
	for _, steps := range p.alternatives {
		group, member := w.words(steps)
		if !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
		members[group] = append(members[group], member)
	}
	var parts []string
	for _, group := range groups {
		list := strings.Join(members[group], ", ")
		if group != "" {
			list = w.say("named", group, list)
		}
		parts = append(parts, list)
	}
	return strings.Join(parts, "; ") + " [" + text + "]"
}

// words names one path of a pattern: the group around it, and the element or what its star stands for.
func (w *writer) words(steps []string) (group, member string) {
	anywhere := steps[0] == "**"
	if anywhere {
		steps = steps[1:]
	}
	whole := len(steps) > 0 && steps[len(steps)-1] == "**"
	if whole {
		steps = steps[:len(steps)-1]
	}
	var names []string
	for i := range steps {
		names = append(names, w.name(strings.Join(steps[:i+1], "."), steps[i]))
	}
	if len(names) == 0 {
		return "", w.say("everything", "**")
	}
	member = names[len(names)-1]
	// Two groups up are enough to know what is meant: what stands above is in the brackets.
	if above := names[:len(names)-1]; len(above) > 0 {
		group = strings.Join(above[max(0, len(above)-2):], ", ")
		if len(above) == 2 && steps[0] == "consignment[]" {
			group = above[1] // a party or the goods: everyone knows whose
		}
	}
	if whole {
		member = w.say("everything", member)
	}
	if anywhere {
		member += ", " + w.say("anywhere")
	}
	return group, member
}

// short leaves out what the dictionary explains after a name: values and schemes.
func short(name string) string {
	for _, mark := range [...]string{" :", ":", " ("} {
		if i := strings.Index(name, mark); i > 0 {
			name = name[:i]
		}
	}
	return name
}

// name is what a step of a path is called: by the dictionary, or by the table of groups.
func (w *writer) name(path, step string) string {
	if w.groups == nil {
		w.groups = map[string]Text{}
		for _, f := range rows("vocabulary/groups.csv", 3) {
			w.groups[f[0]] = Text{f[1], f[2]}
		}
	}
	for _, key := range [...]string{path, step} {
		if t, found := w.groups[key]; found && (key == path || !strings.Contains(path, ".")) {
			return t.In(w.lang)
		}
	}
	if e, found := cargo.Dictionary().Lookup(cargo.Path(path)); found && e.NameEN != "" {
		return short(Text{e.NameEN, e.NameFR}.In(w.lang))
	}
	return strings.TrimSuffix(step, "[]")
}

func (w *writer) period(text string) string {
	m := retentionForm.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	var parts []string
	for i, unit := range [...]string{"years", "months", "weeks", "days"} {
		switch m[i+1] {
		case "":
		case "1":
			parts = append(parts, w.say(unit+"-one"))
		default:
			parts = append(parts, w.say(unit, m[i+1]))
		}
	}
	return strings.Join(parts, w.say("and"))
}

func day(t time.Time) string { return t.Format(time.DateOnly) }
