package emulator

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/media"
)

const maxPage = 1000 // rows of one page, where the documentation names that limit

func (a *agents) installCatalog() {
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
func (a *agents) listAgents(c *call) (fields, error) {
	search, category := c.args.text("search"), c.args.text("category")
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
	list := []object{}
	for _, t := range page(c, found, maxPage) {
		list = append(list, append(t.header(), t.footer()...))
	}
	return fields{{"total", len(found)}, {"agents", list}}, nil
}

// agentDetail answers POST /Agent/Detail.
func (a *agents) agentDetail(c *call) (fields, error) {
	slug, guid := c.args.text("slug"), c.args.text("guid")
	if slug == "" && guid == "" {
		return nil, fail(0, "Request parameter [guid] or [slug] required")
	}
	t := a.registry.template(slug, guid)
	if t == nil {
		return nil, errNoAgent
	}
	needs := object{}
	for _, h := range a.newCredentials(t, t.Skills) {
		needs = append(needs, field{h.Key, object{
			{"optional", h.need.Optional}, {"extra", h.need.Extra},
			{"_editable", h.editable()}, {"_schema", a.registry.schema(h.credential, true)},
		}})
	}
	o := append(t.header(), object{
		{"peractioncosts", a.costs(t.Skills)}, {"skills", t.Skills}, {"skillsmeta", a.skillsMetaList(t.Skills)},
		{"credentials", needs}, {"extracreditpacks", []any{}},
	}...)
	if c.args.text("type") == "full" {
		u := &userAgent{template: t, custom: a.newCustomSkills(t)}
		plain, scheduled := u.customSkillViews()
		o = append(o, field{"customskills", plain}, field{"scheduledskills", scheduled})
	}
	return fields{{"agents", []object{append(o, t.footer()...)}}}, nil
}

// header is what every view of a template starts with, footer what it ends with.
func (t *agentTemplate) header() object {
	return object{
		{"guid", t.GUID}, {"title", t.Title}, {"slug", t.Slug}, {"headline", t.Headline}, {"description", t.about()},
		{"cover", t.cover()}, {"categories", t.Categories},
		{"samples", []string{"https://cdn.wiro.ai/uploads/agents/" + t.Slug + "-sample-1.webp"}},
		{"tiermultiplier", tierMultiplier}, {"tiers", t.Tiers},
	}
}

func (t *agentTemplate) footer() object {
	status := 1
	if t.Inactive {
		status = 0
	}
	return object{
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
func (a *agents) skillsMetaList(names []string) []object {
	list := []object{}
	for _, name := range names {
		s := a.registry.skill(name)
		list = append(list, object{
			{"name", name}, {"title", s.Title}, {"icon", a.registry.look(s).icon},
			{"category", s.category()}, {"credential_key", optional(s.Credential)},
		})
	}
	return list
}

// listSkills answers POST /Skills/List.
func (a *agents) listSkills(c *call) (fields, error) {
	category, capability, names := c.args.text("category"), c.args.text("capability"), c.args.list("name_in")
	list := []object{}
	for _, s := range a.registry.skills {
		ok := (category == "" || s.category() == category) &&
			(capability == "" || slices.Contains(s.Capabilities, capability)) &&
			(c.args["name_in"] == nil || slices.Contains(names, s.Name)) &&
			agrees(c.args, "user_invocable", !s.Internal) &&
			agrees(c.args, "requires_credentials", s.Credential != "") &&
			agrees(c.args, "wiro_connect_pending", s.Credential != "" && a.registry.credentialByKey[s.Credential].Pending)
		if ok {
			list = append(list, a.registry.entry(s))
		}
	}
	return fields{{"total", len(list)}, {"skills", list}}, nil
}

// agrees reports whether a boolean filter is absent or has the given value.
func agrees(a args, name string, value bool) bool {
	return a.text(name) == "" || a.flag(name) == value
}

// skillDetail answers POST /Skills/Detail.
func (a *agents) skillDetail(c *call) (fields, error) {
	name, err := c.args.need("name")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(a.registry.skills, func(s *skill) bool { return s.Name == name })
	if i < 0 {
		return nil, fail(404, "Skill not found: "+name)
	}
	return fields{{"skill", a.registry.entry(a.registry.skills[i])}}, nil
}

// skillCredential answers POST /Skills/CredentialSchema.
func (a *agents) skillCredential(c *call) (fields, error) {
	name, err := c.args.need("name")
	if err != nil {
		return nil, err
	}
	s := a.registry.skillByName[name]
	if s == nil || s.Credential == "" || a.registry.credentialByKey[s.Credential].Platform {
		return nil, fail(404, "No credential associated with skill: "+name)
	}
	return fields{{"credential", a.registry.credentialEntry(a.registry.credentialByKey[s.Credential])}}, nil
}

// listCapabilities answers POST /Skills/Capabilities.
func (a *agents) listCapabilities(*call) (fields, error) {
	return fields{{"capabilities", a.registry.capabilities}}, nil
}

// listCredentials answers POST /Credentials/List.
func (a *agents) listCredentials(c *call) (fields, error) {
	mode := c.args.text("credential_mode")
	list := []object{}
	for _, cr := range a.registry.credentials {
		if !cr.Platform && (mode == "" || cr.Mode == mode) && agrees(c.args, "wiro_connect_pending", cr.Pending) {
			list = append(list, a.registry.credentialEntry(cr))
		}
	}
	return fields{{"total", strconv.Itoa(len(list))}, {"credentials", list}}, nil
}

// credentialDetail answers POST /Credentials/Detail.
func (a *agents) credentialDetail(c *call) (fields, error) {
	key, err := c.args.need("key")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(a.registry.credentials, func(cr *credential) bool { return cr.Key == key })
	if i < 0 {
		return nil, fail(404, "Credential not found: "+key)
	}
	return fields{{"credential", a.registry.credentialEntry(a.registry.credentials[i])}}, nil
}

// entry is a skill as the registry lists it. Some say what they cost under other names
// than the rest.
func (r *registry) entry(s *skill) object {
	look := r.look(s)
	usd, credits := "monthly_price_weight_usd", "monthly_credits_weight"
	if media.Hash(s.Name)%2 == 0 {
		usd, credits = "base_price_usd", "base_credits"
	}
	return object{
		{"name", s.Name}, {"category", s.category()}, {"version", "1.0.0"}, {"title", s.Title}, {"description", s.About},
		{"icon", look.icon}, {"brand_color", look.color}, {"brand_text_color", "#ffffff"}, {"brand_logo_filter", "brightness(0) invert(1)"},
		{"docs_url", look.docs}, {"requires_credentials", s.Credential != ""}, {"credential_key", optional(s.Credential)},
		{"additional_credential_keys", []string{}}, {"capabilities", slices.Concat([]string{}, s.Capabilities)},
		{"depends_on", slices.Concat([]string{}, s.Depends)}, {"conflicts_with", slices.Concat([]string{}, s.Conflicts)},
		{"user_invocable", !s.Internal}, {"deprecated", s.Replacement != ""}, {"replacement", optional(s.Replacement)},
		{"pricing", object{{usd, s.USD}, {credits, s.Credits}, {"credit_costs", s.Costs}}},
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
func (r *registry) schema(c *credential, catalog bool) object {
	o := r.credentialHead(c)
	switch {
	case c.OAuth == nil:
		o = append(o, field{"oauth_provider", nil})
	case catalog:
		o = append(o, field{"oauth_provider", c.provider()})
	default:
		o = append(o, field{"oauth_provider", c.OAuth.Provider})
	}
	return append(o, field{"fields", c.Fields})
}

func (r *registry) credentialHead(c *credential) object {
	return object{
		{"title", c.Title}, {"icon", c.iconURL()}, {"brand_color", c.Color}, {"brand_text_color", "#ffffff"},
		{"brand_logo_filter", nil}, {"docs_url", c.Docs}, {"credential_mode", c.Mode}, {"connection_modes", c.Modes},
		{"wiro_connect_pending", c.Pending},
	}
}

// credentialEntry is a credential as its registry lists it.
func (r *registry) credentialEntry(c *credential) object {
	users := []string{}
	for _, s := range r.skills {
		if s.Credential == c.Key {
			users = append(users, s.Name)
		}
	}
	o := append(object{{"key", c.Key}}, r.credentialHead(c)...)
	o = append(o, field{"credential_schema", c.Fields})
	if c.OAuth != nil {
		o = append(o, field{"oauth_provider", c.provider()})
	} else {
		o = append(o, field{"oauth_provider", nil})
	}
	return append(o, field{"used_by_skills", users})
}

// provider is how the account of a credential is connected.
func (c *credential) provider() object {
	at := "/UserAgentOAuth/" + c.OAuth.Prefix
	var picker any
	if c.Picker != nil {
		picker = object{{"set_endpoint", "/UserAgentOAuth/" + c.Picker.Endpoint}, {"id_field", c.Picker.ID}, {"name_field", c.Picker.Name}}
	}
	username := ""
	for _, f := range c.Fields {
		if f.ReadOnly {
			username = f.Key
			break
		}
	}
	return object{
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
func order[T any](c *call, rows []T, columns map[string]func(x, y T) int) {
	compare := columns[c.args.text("sort")]
	if compare == nil {
		compare = columns["id"]
	}
	slices.SortStableFunc(rows, compare)
	if !strings.EqualFold(c.args.text("order"), "ASC") {
		slices.Reverse(rows)
	}
}

// page cuts rows by the parameters start and limit.
func page[T any](c *call, rows []T, most int) []T {
	rows = rows[min(c.args.whole("start", 0), len(rows)):]
	return rows[:min(c.args.whole("limit", 20), most, len(rows))]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
