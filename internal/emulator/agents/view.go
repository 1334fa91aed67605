package agents

import (
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// shape says which parts of an instance an endpoint shows.
type shape struct {
	children     bool // credentials, skills, custom skills, costs
	setup        bool
	subscription bool
	packs        bool
	tiers        bool
	lifecycle    bool
}

// The shapes that the documentation gives.
var (
	shapeDeploy = shape{children: true, setup: true, packs: true, tiers: true}
	shapeDetail = shape{children: true, setup: true, packs: true, tiers: true, subscription: true, lifecycle: true}
	shapeRow    = shape{setup: true, tiers: true, subscription: true, lifecycle: true} // of a list
	shapeUpdate = shape{setup: true, tiers: true, lifecycle: true}
	shapeCover  = shape{lifecycle: true}
)

// view is an instance as an endpoint shows it. The caller holds the lock.
func (a *Agents) view(u *userAgent, s shape) core.Object {
	now := a.now()
	o := core.Object{
		{"guid", u.guid}, {"uuid", u.owner.UUID()}, {"agentid", u.templateID()}, {"agentguid", u.templateGUID()},
		{"teamguid", u.teamGUID()}, {"title", u.title}, {"description", optional(u.description)},
		{"cover", optional(u.cover)}, {"categories", u.categories},
		{"tier", u.tier}, {"tiermultiplier", tierMultiplier},
		{"status", u.status}, {"pinned", u.pinned}, {"teamsessionmode", u.sessionMode()},
		{"monthlycredits", u.monthly}, {"monthlypriceusd", u.price},
		{"extracredits", u.extra(now)}, {"usedcredits", u.used},
		{"creditperiod", u.period}, {"creditsyncat", unixOrNil(u.synced)},
	}
	if s.setup {
		o = append(o, core.Field{"setuprequired", a.setupRequired(u)})
	}
	if s.children {
		o = append(o, a.children(u)...)
	}
	if s.subscription {
		o = append(o, core.Field{"subscription", u.sub.view(now)}, core.Field{"extracreditsexpiry", u.extraExpiry(now)})
	}
	o = append(o, core.Field{"agent", a.templateView(u, s)})
	t := &u.times
	o = append(o, core.Field{"createdat", unixOrNil(t.created)}, core.Field{"updatedat", unixOrNil(t.updated)})
	if s.lifecycle {
		o = append(o, core.Object{
			{"restartafter", u.restartAfter}, {"queuedat", unixOrNil(t.queued)}, {"startedat", unixOrNil(t.started)},
			{"runningat", unixOrNil(t.running)}, {"stoppingat", unixOrNil(t.stopping)}, {"stopdat", unixOrNil(t.stopped)}, {"errordat", unixOrNil(t.failed)},
		}...)
	}
	if !u.isCustom() && slices.Contains(u.template.Quirks, quirkStrings) {
		return o.Strings()
	}
	return o
}

// children are the heavy parts.
func (a *Agents) children(u *userAgent) core.Object {
	plain, scheduled := u.customSkillViews()
	return core.Object{
		{"remainingcredits", u.remaining(a.now())},
		{"credentials", a.credentialViews(u)},
		{"customskills", plain}, {"scheduledskills", scheduled},
		{"skills", u.skillViews()}, {"skillsmeta", a.skillsMeta(u.enabledSkills())},
		{"peractioncosts", a.costs(u.enabledSkills())},
	}
}

// skillViews are the enabled skills: objects, or on a custom build their names alone.
func (u *userAgent) skillViews() any {
	if u.isCustom() {
		return slices.Concat([]string{}, u.enabledSkills())
	}
	views := []core.Object{}
	for _, t := range u.skills {
		if t.enabled {
			views = append(views, core.Object{{"name", t.name}, {"enabled", true}, {"_edited", t.edited}, {"_user_created", false}})
		}
	}
	return views
}

func (a *Agents) skillsMeta(names []string) core.Object {
	meta := core.Object{}
	for _, name := range names {
		s := a.registry.skill(name)
		look := a.registry.look(s)
		meta = append(meta, core.Field{name, core.Object{
			{"name", name}, {"title", s.Title}, {"icon", look.icon}, {"brand_color", look.color},
			{"brand_text_color", "#ffffff"}, {"brand_logo_filter", nil}, {"category", s.category()},
			{"docs_url", look.docs}, {"credential_key", optional(s.Credential)}, {"additional_credential_keys", []string{}},
			{"requires_credentials", s.Credential != ""}, {"user_invocable", !s.Internal},
			{"deprecated", s.Replacement != ""}, {"replacement", optional(s.Replacement)}, {"description", s.About},
		}})
	}
	return meta
}

// credentialViews is the tree of credentials with its flags, its schema and its values.
func (a *Agents) credentialViews(u *userAgent) core.Object {
	views := core.Object{}
	for _, h := range u.credentials {
		if h.unused {
			continue
		}
		o := core.Object{
			{"_connected", h.ready()}, {"optional", u.isOptional(h)}, {"extra", h.need.Extra},
			{"_editable", h.editable()}, {"_schema", a.registry.schema(h.credential, false)},
			{"_required_missing", !u.isOptional(h) && !h.complete()},
		}
		values := h.values()
		for _, name := range sortedKeys(values) {
			o = append(o, core.Field{name, values[name]})
		}
		views = append(views, core.Field{h.Key, o})
	}
	return views
}

// editable says of each field whether the user may write it.
func (c *credential) editable() map[string]bool {
	editable := map[string]bool{}
	for _, f := range c.Fields {
		editable[f.Key] = !c.Platform && (!f.AutoFilled || f.Writable)
	}
	return editable
}

// templateView is the summary of the template, or what stands in its place.
func (a *Agents) templateView(u *userAgent, s shape) core.Object {
	var o core.Object
	if t := u.template; t != nil {
		o = core.Object{
			{"guid", t.GUID}, {"title", t.Title}, {"slug", t.Slug}, {"headline", t.Headline}, {"description", t.about()},
			{"cover", t.cover()}, {"icon", "https://cdn.wiro.ai/uploads/agents/" + t.Slug + "-icon.webp"}, {"categories", t.Categories},
		}
	} else {
		o = core.Object{{"custom", true}, {"title", u.title}}
	}
	o = append(o, core.Field{"tiermultiplier", tierMultiplier})
	if s.tiers {
		o = append(o, core.Field{"tiers", a.tiers(u)})
	}
	if s.packs {
		o = append(o, core.Field{"extracreditpacks", u.packsOnSale()})
	}
	return o
}

func (u *userAgent) templateID() *int {
	if u.isCustom() {
		return nil
	}
	return &u.template.ID
}

func (u *userAgent) templateGUID() *string {
	if u.isCustom() {
		return nil
	}
	return &u.template.GUID
}

func (u *userAgent) teamGUID() *string {
	if u.team == nil {
		return nil
	}
	return &u.team.guid
}

// sessionMode is how the members of a team share an agent.
func (u *userAgent) sessionMode() string {
	if u.team == nil {
		return ""
	}
	return "collaborative"
}
