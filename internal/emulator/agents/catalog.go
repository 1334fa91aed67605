package agents

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

const maxPage = 1000 // rows of one page, where the documentation names that limit

func (a *Agents) installCatalog() {
	a.serveOpen("Agent/List", a.listAgents)
	a.serveOpen("Agent/Detail", a.agentDetail)
	a.serveOpen("Skills/List", a.listSkills)
	a.serveOpen("Skills/Detail", a.skillDetail)
	a.serveOpen("Skills/CredentialSchema", a.skillCredential)
	a.serveOpen("Skills/Capabilities", a.listCapabilities)
	a.serveOpen("Credentials/List", a.listCredentials)
	a.serveOpen("Credentials/Detail", a.credentialDetail)
}

// Times at which every template is said to have come and changed.
const (
	templateCreated = 1_711_929_600
	templateUpdated = 1_714_521_600
)

// listAgents answers POST /Agent/List.
func (a *Agents) listAgents(c *core.Call) (core.Fields, error) {
	search, category := c.Args.Text("search"), c.Args.Text("category")
	var found []*agentTemplate
	for _, t := range a.registry.templates {
		text := t.Title + " " + t.Slug + " " + t.Headline + " " + t.About
		if !t.Inactive && containsFold(text, search) && (category == "" || slices.Contains(t.Categories, category)) {
			found = append(found, t)
		}
	}
	order(c, found, map[string]func(x, y *agentTemplate) int{
		"id":    func(x, y *agentTemplate) int { return cmp.Compare(x.ID, y.ID) },
		"title": func(x, y *agentTemplate) int { return cmp.Compare(x.Title, y.Title) },
		"slug":  func(x, y *agentTemplate) int { return cmp.Compare(x.Slug, y.Slug) },
	})
	list := []core.Object{}
	for _, t := range page(c, found, maxPage) {
		list = append(list, append(t.header(), t.footer()...))
	}
	return core.Fields{{"total", len(found)}, {"agents", list}}, nil
}

// agentDetail answers POST /Agent/Detail.
func (a *Agents) agentDetail(c *core.Call) (core.Fields, error) {
	slug, guid := c.Args.Text("slug"), c.Args.Text("guid")
	if slug == "" && guid == "" {
		return nil, core.Fail(0, "Request parameter [guid] or [slug] required")
	}
	t := a.registry.template(slug, guid)
	if t == nil {
		return nil, errNoAgent
	}
	needs := core.Object{}
	for _, h := range a.newCredentials(t, t.Skills) {
		needs = append(needs, core.Field{h.Key, core.Object{
			{"optional", h.need.Optional}, {"extra", h.need.Extra},
			{"_editable", h.editable()}, {"_schema", a.registry.schema(h.credential, true)},
		}})
	}
	o := append(t.header(), core.Object{
		{"peractioncosts", a.costs(t.Skills)}, {"skills", t.Skills}, {"skillsmeta", a.skillsMetaList(t.Skills)},
		{"credentials", needs}, {"extracreditpacks", []any{}},
	}...)
	if c.Args.Text("type") == "full" {
		u := &userAgent{template: t, custom: a.newCustomSkills(t)}
		plain, scheduled := u.customSkillViews()
		o = append(o, core.Field{"customskills", plain}, core.Field{"scheduledskills", scheduled})
	}
	return core.Fields{{"agents", []core.Object{append(o, t.footer()...)}}}, nil
}

// header is what every view of a template starts with, footer what it ends with.
func (t *agentTemplate) header() core.Object {
	return core.Object{
		{"guid", t.GUID}, {"title", t.Title}, {"slug", t.Slug}, {"headline", t.Headline}, {"description", t.about()},
		{"cover", t.cover()}, {"categories", t.Categories},
		{"samples", []string{"https://cdn.wiro.ai/uploads/agents/" + t.Slug + "-sample-1.webp"}},
		{"tiermultiplier", tierMultiplier}, {"tiers", t.Tiers},
	}
}

func (t *agentTemplate) footer() core.Object {
	status := 1
	if t.Inactive {
		status = 0
	}
	return core.Object{
		{"status", status},
		{"createdat", strconv.Itoa(templateCreated)}, {"updatedat", strconv.Itoa(templateUpdated + t.ID)},
	}
}

func (t *agentTemplate) cover() string {
	return "https://cdn.wiro.ai/uploads/agents/" + t.Slug + "-cover.webp"
}

// about is the description, and how to make the agent misbehave.
func (t *agentTemplate) about() string { return t.About + " " + triggersHelp }

// skillsMetaList is skillsmeta as the catalog has it: a list, and shorter.
func (a *Agents) skillsMetaList(names []string) []core.Object {
	list := []core.Object{}
	for _, name := range names {
		s := a.registry.skill(name)
		list = append(list, core.Object{
			{"name", name}, {"title", s.Title}, {"icon", a.registry.look(s).icon},
			{"category", s.category()}, {"credential_key", optional(s.Credential)},
		})
	}
	return list
}

// listSkills answers POST /Skills/List.
func (a *Agents) listSkills(c *core.Call) (core.Fields, error) {
	category, capability, names := c.Args.Text("category"), c.Args.Text("capability"), c.Args.List("name_in")
	list := []core.Object{}
	for _, s := range a.registry.skills {
		ok := (category == "" || s.category() == category) &&
			(capability == "" || slices.Contains(s.Capabilities, capability)) &&
			(c.Args["name_in"] == nil || slices.Contains(names, s.Name)) &&
			agrees(c.Args, "user_invocable", !s.Internal) &&
			agrees(c.Args, "requires_credentials", s.Credential != "") &&
			agrees(c.Args, "wiro_connect_pending", s.Credential != "" && a.registry.credentialByKey[s.Credential].Pending)
		if ok {
			list = append(list, a.registry.entry(s))
		}
	}
	return core.Fields{{"total", len(list)}, {"skills", list}}, nil
}

// agrees reports whether a boolean filter is absent or has the given value.
func agrees(a core.Args, name string, value bool) bool {
	return a.Text(name) == "" || a.Bool(name) == value
}

// skillDetail answers POST /Skills/Detail.
func (a *Agents) skillDetail(c *core.Call) (core.Fields, error) {
	name, err := c.Args.Require("name")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(a.registry.skills, func(s *skill) bool { return s.Name == name })
	if i < 0 {
		return nil, core.Fail(404, "Skill not found: "+name)
	}
	return core.Fields{{"skill", a.registry.entry(a.registry.skills[i])}}, nil
}

// skillCredential answers POST /Skills/CredentialSchema.
func (a *Agents) skillCredential(c *core.Call) (core.Fields, error) {
	name, err := c.Args.Require("name")
	if err != nil {
		return nil, err
	}
	s := a.registry.skillByName[name]
	if s == nil || s.Credential == "" || a.registry.credentialByKey[s.Credential].Platform {
		return nil, core.Fail(404, "No credential associated with skill: "+name)
	}
	return core.Fields{{"credential", a.registry.credentialEntry(a.registry.credentialByKey[s.Credential])}}, nil
}

// listCapabilities answers POST /Skills/Capabilities.
func (a *Agents) listCapabilities(*core.Call) (core.Fields, error) {
	return core.Fields{{"capabilities", a.registry.capabilities}}, nil
}

// listCredentials answers POST /Credentials/List.
func (a *Agents) listCredentials(c *core.Call) (core.Fields, error) {
	mode := c.Args.Text("credential_mode")
	list := []core.Object{}
	for _, cr := range a.registry.credentials {
		if !cr.Platform && (mode == "" || cr.Mode == mode) && agrees(c.Args, "wiro_connect_pending", cr.Pending) {
			list = append(list, a.registry.credentialEntry(cr))
		}
	}
	return core.Fields{{"total", strconv.Itoa(len(list))}, {"credentials", list}}, nil
}

// credentialDetail answers POST /Credentials/Detail.
func (a *Agents) credentialDetail(c *core.Call) (core.Fields, error) {
	key, err := c.Args.Require("key")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(a.registry.credentials, func(cr *credential) bool { return cr.Key == key })
	if i < 0 {
		return nil, core.Fail(404, "Credential not found: "+key)
	}
	return core.Fields{{"credential", a.registry.credentialEntry(a.registry.credentials[i])}}, nil
}

// entry is a skill as the registry lists it. Some say what they cost under other names
// than the rest.
func (r *registry) entry(s *skill) core.Object {
	look := r.look(s)
	usd, credits := "monthly_price_weight_usd", "monthly_credits_weight"
	if media.Hash(s.Name)%2 == 0 {
		usd, credits = "base_price_usd", "base_credits"
	}
	return core.Object{
		{"name", s.Name}, {"category", s.category()}, {"version", "1.0.0"}, {"title", s.Title}, {"description", s.About},
		{"icon", look.icon}, {"brand_color", look.color}, {"brand_text_color", "#ffffff"}, {"brand_logo_filter", "brightness(0) invert(1)"},
		{"docs_url", look.docs}, {"requires_credentials", s.Credential != ""}, {"credential_key", optional(s.Credential)},
		{"additional_credential_keys", []string{}}, {"capabilities", slices.Concat([]string{}, s.Capabilities)},
		{"depends_on", slices.Concat([]string{}, s.Depends)}, {"conflicts_with", slices.Concat([]string{}, s.Conflicts)},
		{"user_invocable", !s.Internal}, {"deprecated", s.Replacement != ""}, {"replacement", optional(s.Replacement)},
		{"pricing", core.Object{{usd, s.USD}, {credits, s.Credits}, {"credit_costs", s.Costs}}},
	}
}

// appearance is how a skill looks: like the service that it talks to.
type appearance struct {
	icon, color string
	docs        *string
}

func (r *registry) look(s *skill) appearance {
	if c := r.credentialByKey[s.Credential]; c != nil {
		return appearance{c.iconURL(), c.Color, c.Docs}
	}
	return appearance{"https://wiro.ai/images/icons/skills/wiro.svg", "#33f2bc", nil}
}

func (c *credential) iconURL() string {
	return "https://wiro.ai/images/icons/skills/" + c.Icon + ".svg"
}

// schema describes a credential inside an agent. The catalog spells the provider out, an
// instance only names it.
func (r *registry) schema(c *credential, catalog bool) core.Object {
	o := r.credentialHead(c)
	switch {
	case c.OAuth == nil:
		o = append(o, core.Field{"oauth_provider", nil})
	case catalog:
		o = append(o, core.Field{"oauth_provider", c.provider()})
	default:
		o = append(o, core.Field{"oauth_provider", c.OAuth.Provider})
	}
	return append(o, core.Field{"fields", c.Fields})
}

func (r *registry) credentialHead(c *credential) core.Object {
	return core.Object{
		{"title", c.Title}, {"icon", c.iconURL()}, {"brand_color", c.Color}, {"brand_text_color", "#ffffff"},
		{"brand_logo_filter", nil}, {"docs_url", c.Docs}, {"credential_mode", c.Mode}, {"connection_modes", c.Modes},
		{"wiro_connect_pending", c.Pending},
	}
}

// credentialEntry is a credential as its registry lists it.
func (r *registry) credentialEntry(c *credential) core.Object {
	users := []string{}
	for _, s := range r.skills {
		if s.Credential == c.Key {
			users = append(users, s.Name)
		}
	}
	o := append(core.Object{{"key", c.Key}}, r.credentialHead(c)...)
	o = append(o, core.Field{"credential_schema", c.Fields})
	if c.OAuth != nil {
		o = append(o, core.Field{"oauth_provider", c.provider()})
	} else {
		o = append(o, core.Field{"oauth_provider", nil})
	}
	return append(o, core.Field{"used_by_skills", users})
}

// provider is how the account of a credential is connected.
func (c *credential) provider() core.Object {
	at := "/UserAgentOAuth/" + c.OAuth.Prefix
	var picker any
	if c.Picker != nil {
		picker = core.Object{{"set_endpoint", "/UserAgentOAuth/" + c.Picker.Endpoint}, {"id_field", c.Picker.ID}, {"name_field", c.Picker.Name}}
	}
	username := ""
	for _, f := range c.Fields {
		if f.ReadOnly {
			username = f.Key
			break
		}
	}
	return core.Object{
		{"auth_method_value", "wiro"}, {"connect_endpoint", at + "Connect"}, {"disconnect_endpoint", at + "Disconnect"},
		{"status_endpoint", at + "Status"}, {"connect_button_label", "Connect with " + c.Title},
		{"connect_button_icon", c.iconURL()}, {"connect_button_brand_color", c.Color},
		{"connect_button_text_color", "#ffffff"}, {"connect_button_logo_filter", "none"}, {"username_field", username},
		{"return_query_param", c.OAuth.Param + "_connected"}, {"return_error_param", c.OAuth.Param + "_error"},
		{"return_error_detail_param", c.OAuth.Param + "_error_detail"}, {"account_picker", picker}, {"extra_step", nil},
	}
}

// order sorts by the parameters sort and order: by id and descending, unless they say
// otherwise. A column that cannot be told apart counts as the id.
func order[T any](c *core.Call, rows []T, columns map[string]func(x, y T) int) {
	compare := columns[c.Args.Text("sort")]
	if compare == nil {
		compare = columns["id"]
	}
	slices.SortStableFunc(rows, compare)
	if !strings.EqualFold(c.Args.Text("order"), "ASC") {
		slices.Reverse(rows)
	}
}

// page cuts rows by the parameters start and limit.
func page[T any](c *core.Call, rows []T, most int) []T {
	rows = rows[min(c.Args.Int("start", 0), len(rows)):]
	return rows[:min(c.Args.Int("limit", 20), most, len(rows))]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
