package agents

import (
	"slices"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

func (a *Agents) installCustomSkills() {
	a.serve("UserAgent/CustomSkillUpsert", a.upsertCustomSkill)
	a.serve("UserAgent/CustomSkillRename", a.renameCustomSkill)
	a.serve("UserAgent/CustomSkillDelete", a.deleteCustomSkill)
	a.serve("UserAgent/CustomSkillHistory", a.customSkillHistory)
	a.serve("UserAgent/CustomSkillRevert", a.revertCustomSkill)
}

// A customSkill is a preference or a scheduled task of one instance. Its key has no
// prefix cs-, and starts with cron- if it is scheduled.
type customSkill struct {
	key     string
	about   string
	source  string
	bundle  string // the skill that brought it along, on a custom build
	edited  bool
	state   skillState
	preset  *skillState // what it was deployed with; nil for what the user made
	history []*skillChange
}

type skillState struct {
	value, interval string
	enabled         bool
}

// Where a custom skill comes from.
//
// Wiro docs: Agent Skills, Understanding _source.
const (
	sourcePreset = "preset-strategy"
	sourceBundle = "skill-bundle"
	sourceUser   = "user-created"
)

var (
	errNoSkill       = core.Keyed("skill-not-found")
	errNoCustomSkill = core.Keyed("agent-customskill-not-found")
)

func newPreset(key, about, value string) *customSkill {
	state := skillState{value: value, enabled: true}
	return &customSkill{key: key, about: about, source: sourcePreset, state: state, preset: &state}
}

func newCron(c *cron, bundle string, off bool) *customSkill {
	state := skillState{value: c.Value, interval: c.Interval, enabled: !off}
	return &customSkill{key: c.Key, about: c.About, source: sourceBundle, bundle: bundle, state: state, preset: &state}
}

// newCustomSkills are the custom skills that a template comes with.
func (a *Agents) newCustomSkills(t *agentTemplate) []*customSkill {
	skills := []*customSkill{newPreset(t.Preference.Key, t.Preference.About, t.Preference.Value)}
	for _, c := range t.Crons {
		skills = append(skills, newCron(a.registry.crons[c.Key], "", c.Off))
	}
	return skills
}

// canonicalKey is a key without the prefix that some endpoints show.
func canonicalKey(key string) string { return strings.TrimPrefix(key, "cs-") }

func (s *customSkill) scheduled() bool { return strings.HasPrefix(s.key, "cron-") }

// customSkill finds a custom skill by any form of its key.
func (u *userAgent) customSkill(key string) *customSkill {
	key = canonicalKey(key)
	for _, name := range []string{key, "cron-" + key} {
		i := slices.IndexFunc(u.custom, func(s *customSkill) bool { return s.key == name && !u.hides(s) })
		if i >= 0 {
			return u.custom[i]
		}
	}
	return nil
}

// hides reports whether the skill that a scheduled task belongs to is off.
func (u *userAgent) hides(s *customSkill) bool {
	return s.bundle != "" && !slices.Contains(u.enabledSkills(), s.bundle)
}

// customSkillViews are customskills and scheduledskills. How keys look depends on the
// template.
func (u *userAgent) customSkillViews() (plain, scheduled []core.Object) {
	prefix := "cs-"
	if !u.isCustom() {
		prefix = u.template.Keys
	}
	plain, scheduled = []core.Object{}, []core.Object{}
	for _, s := range u.custom {
		switch {
		case u.hides(s):
		case s.scheduled():
			scheduled = append(scheduled, s.view(prefix))
		default:
			plain = append(plain, s.view(prefix))
		}
	}
	return plain, scheduled
}

func (s *customSkill) view(prefix string) core.Object {
	value := s.state.value
	if s.source == sourceBundle {
		value = "" // the skill's own business
	}
	o := core.Object{
		{"key", prefix + s.key}, {"description", s.about}, {"value", value}, {"enabled", s.state.enabled},
		{"interval", optional(s.state.interval)}, {"_source", s.source}, {"_editable", s.source != sourceBundle}, {"_edited", s.edited},
	}
	if s.source == sourceUser {
		o = append(o, core.Field{"_user_created", true})
	}
	return o
}

// A customSkillArg is a custom skill as a caller gives it. Nil leaves a member alone.
type customSkillArg struct {
	key                    string
	value, interval, about *string
	enabled                *bool
	created                bool
}

func readCustomSkill(row core.Args, key, created string) customSkillArg {
	text := func(name string) *string {
		if _, given := row[name]; !given {
			return nil
		}
		value := row.Text(name)
		return &value
	}
	s := customSkillArg{
		key: row.Text(key), value: text("value"), interval: text("interval"), about: text("description"),
		created: row.Bool(created),
	}
	if row.Text("enabled") != "" {
		enabled := row.Bool("enabled")
		s.enabled = &enabled
	}
	return s
}

// change applies what the source of the skill lets a user change, and reports whether
// that made a difference.
func (s *customSkill) change(arg customSkillArg) bool {
	before := s.state
	if arg.value != nil && s.source != sourceBundle {
		s.state.value = *arg.value
	}
	if arg.interval != nil && s.source != sourcePreset {
		s.state.interval = *arg.interval
	}
	if arg.enabled != nil && s.source != sourcePreset {
		s.state.enabled = *arg.enabled
	}
	if arg.about != nil && s.source == sourceUser {
		s.about = *arg.about
	}
	return s.state != before
}

// placeCustomSkill creates or changes a custom skill.
func (a *Agents) placeCustomSkill(c *core.Call, u *userAgent, arg customSkillArg) bool {
	s := u.customSkill(arg.key)
	isNew := s == nil
	if isNew {
		s = newCustomSkill(u, arg)
		u.custom = append(u.custom, s)
	}
	if !s.change(arg) && !isNew {
		return false
	}
	s.edited = !isNew
	s.record(a, c.Project, "upsert")
	return true
}

// newCustomSkill is an empty one. The user's are scheduled, unless the key says that they
// are not; others are the preferences of a custom build.
func newCustomSkill(u *userAgent, arg customSkillArg) *customSkill {
	key := canonicalKey(arg.key)
	if !arg.created && u.isCustom() && !strings.HasPrefix(key, "cron-") {
		return newPreset(key, deref(arg.about), deref(arg.value))
	}
	if !strings.HasPrefix(arg.key, "cs-") && !strings.HasPrefix(key, "cron-") {
		key = "cron-" + key
	}
	return &customSkill{key: key, source: sourceUser, state: skillState{enabled: true}}
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// upsertCustomSkill answers POST /UserAgent/CustomSkillUpsert.
func (a *Agents) upsertCustomSkill(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	if _, err := c.Args.Require("skillkey"); err != nil {
		return nil, err
	}
	arg := readCustomSkill(c.Args, "skillkey", "usercreated")
	if !arg.created && u.customSkill(arg.key) == nil {
		return nil, errNoSkill
	}
	if a.placeCustomSkill(c, u, arg) {
		a.restart(u)
	}
	return nil, nil
}

// renameCustomSkill answers POST /UserAgent/CustomSkillRename.
func (a *Agents) renameCustomSkill(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"oldskillkey", "newskillkey"} {
		if _, err := c.Args.Require(name); err != nil {
			return nil, err
		}
	}
	s := u.customSkill(c.Args.Text("oldskillkey"))
	switch {
	case s == nil:
		return nil, errNoCustomSkill
	case s.source != sourceUser:
		return nil, core.Keyed("agent-customskill-rename-preset-forbidden")
	}
	key, err := s.renamed(c.Args.Text("newskillkey"))
	switch {
	case err != nil:
		return nil, err
	case key == s.key:
		return nil, core.Keyed("agent-customskill-rename-same-key")
	case slices.ContainsFunc(u.custom, func(other *customSkill) bool { return other.key == key }):
		return nil, core.Keyed("agent-customskill-rename-collision")
	}
	s.key = key
	if about, given := c.Args["description"]; given {
		s.about = core.Scalar(about)
	}
	s.record(a, c.Project, "rename")
	a.restart(u)
	return core.Fields{{"newskillkey", "cs-" + key}}, nil
}

// renamed is the key that a new name gives. A scheduled task stays one, and nothing else
// becomes one.
func (s *customSkill) renamed(name string) (string, error) {
	key := canonicalKey(name)
	cron := strings.HasPrefix(key, "cron-")
	switch {
	case cron == s.scheduled():
		return key, nil
	case cron || strings.HasPrefix(name, "cs-"):
		return "", core.Keyed("agent-customskill-rename-flavour-mismatch") //nolint:misspell // Wiro's own word
	default:
		return "cron-" + key, nil
	}
}

// deleteCustomSkill answers POST /UserAgent/CustomSkillDelete. What the user did not make
// stays.
func (a *Agents) deleteCustomSkill(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	key, err := c.Args.Require("skillkey")
	if err != nil {
		return nil, err
	}
	s := u.customSkill(key)
	if s == nil {
		return nil, errNoSkill
	}
	if s.source == sourceUser {
		u.custom = slices.DeleteFunc(u.custom, func(other *customSkill) bool { return other == s })
		a.restart(u)
	}
	return nil, nil
}

// between reports whether a time lies within the parameters startdate and enddate.
func between(c *core.Call, t time.Time) bool {
	from, to := c.Args.Int("startdate", 0), c.Args.Int("enddate", 0)
	return t.Unix() >= int64(from) && (to == 0 || t.Unix() <= int64(to))
}
