package agents

import (
	"maps"
	"slices"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// A deployment is what a call of Deploy asks for, checked.
type deployment struct {
	team        *team
	template    *agentTemplate // nil for a custom build
	tier        string
	price       tierPrice
	skills      []string
	credentials map[string]any
	custom      []customSkillArg
}

// deploy answers POST /UserAgent/Deploy. Nothing is charged unless everything is right.
func (a *Agents) deploy(c *core.Call) (core.Fields, error) {
	title, err := c.Args.Require("title")
	if err != nil {
		return nil, err
	}
	d, err := a.deployment(c)
	if err != nil {
		return nil, err
	}
	if err := walletOf(c.Project, d.team).Pay(d.price.USD, codeBalance, notEnough); err != nil {
		return nil, err
	}
	now := a.now()
	u := &userAgent{
		guid: a.server.IDs.GUID(), id: a.server.IDs.Next(), owner: c.Project, team: d.team, template: d.template,
		title: title, description: c.Args.Text("description"), categories: []string{},
		pinned: c.Args.Text("pinned") == "" || c.Args.Bool("pinned"),
		tier:   d.tier, price: d.price.USD, monthly: d.price.Credits,
		times: statusTimes{created: now, updated: now},
	}
	if u.isCustom() {
		u.cover = c.Args.Text("cover")
	} else {
		u.cover, u.categories = u.template.cover(), slices.Clone(u.template.Categories)
		u.custom = a.newCustomSkills(u.template)
	}
	for _, name := range d.skills {
		edited := u.isCustom() || !slices.Contains(u.template.Skills, name)
		u.skills = append(u.skills, skillToggle{name: name, enabled: true, edited: edited})
	}
	a.fill(u, a.newCredentials(u.template, d.skills))
	a.syncSkills(u)
	a.fillIn(c, u, d.credentials)
	for _, s := range d.custom {
		a.placeCustomSkill(c, u, s)
	}
	a.begin(u, c.Project, now, "Subscription start")
	a.instances = append(a.instances, u)
	u.status = agentStopped
	a.settle(u)
	return core.Fields{{"useragents", []core.Object{a.view(u, shapeDeploy)}}}, nil
}

// deployment reads and checks the parameters.
func (a *Agents) deployment(c *core.Call) (d *deployment, err error) {
	d = &deployment{}
	if c.Project.Suspended {
		return nil, core.ErrSuspended
	}
	if d.team, err = a.workspace(c); err != nil {
		return nil, err
	}
	if err := d.chooseTemplate(a, c); err != nil {
		return nil, err
	}
	if !c.Args.Bool("useprepaid") {
		return nil, errPrepaid
	}
	if d.tier, err = tierArg(c, tierStarter); err != nil {
		return nil, err
	}
	if err := d.chooseSkills(a, c); err != nil {
		return nil, err
	}
	if given := c.Args["credentials"]; given != nil {
		var ok bool
		if d.credentials, ok = given.(map[string]any); !ok {
			return nil, core.ErrInvalidBody
		}
	}
	d.custom, err = d.customSkills(c)
	return d, err
}

func (d *deployment) chooseTemplate(a *Agents, c *core.Call) error {
	guid, custom := c.Args.Text("agentguid"), c.Args.Bool("custom")
	switch {
	case custom && guid != "":
		return core.Fail(0, "agentguid and custom are mutually exclusive")
	case custom:
		return nil
	case guid == "":
		return core.Required("agentguid")
	}
	d.template = a.registry.template("", guid)
	switch {
	case d.template == nil:
		return errNoAgent
	case d.template.Inactive:
		return core.Fail(1, "Agent not found or inactive")
	default:
		return nil
	}
}

// chooseSkills resolves the skills, and so the price.
func (d *deployment) chooseSkills(a *Agents, c *core.Call) error {
	toggles, err := a.toggles(c, "skills")
	if err != nil {
		return err
	}
	before := &userAgent{}
	if d.template != nil {
		for _, name := range d.template.Skills {
			before.skills = append(before.skills, skillToggle{name: name, enabled: true})
		}
	}
	if d.skills, err = a.closure(before.toggled(toggles)); err != nil {
		return err
	}
	if err := a.compatible(d.skills, toggles); err != nil {
		return err
	}
	prices := a.priceOf(d.skills)
	if d.template != nil {
		prices = d.template.Tiers
	}
	d.price = prices.of(d.tier)
	if d.price.USD == 0 {
		return errFree
	}
	return nil
}

// customSkills reads the inline custom skills. A template takes those that it has, and new
// ones of the user's.
func (d *deployment) customSkills(c *core.Call) ([]customSkillArg, error) {
	if c.Args["customskills"] == nil {
		return nil, nil
	}
	list, ok := c.Args["customskills"].([]any)
	if !ok {
		return nil, core.ErrInvalidBody
	}
	var skills []customSkillArg
	for _, item := range list {
		row, ok := item.(map[string]any)
		if !ok {
			return nil, core.ErrInvalidBody
		}
		s := readCustomSkill(row, "key", "_user_created")
		if s.key == "" {
			return nil, core.Required("customskills.key")
		}
		if d.template != nil && !s.created && !d.template.has(canonicalKey(s.key)) {
			return nil, errNoSkill
		}
		skills = append(skills, s)
	}
	return skills, nil
}

// has reports whether a template comes with a custom skill.
func (t *agentTemplate) has(key string) bool {
	return key == t.Preference.Key || slices.ContainsFunc(t.Crons, func(c templateCron) bool { return c.Key == key })
}

// newCredentials are the credentials that an agent holds: those of its template, those
// that its skills bring, what the platform thinks with, and a bot for the operator.
func (a *Agents) newCredentials(t *agentTemplate, skills []string) []*heldCredential {
	var held []*heldCredential
	add := func(need credentialNeed) {
		c := a.registry.credentialByKey[need.Key]
		known := slices.ContainsFunc(held, func(h *heldCredential) bool { return h.credential == c })
		if !known {
			held = append(held, &heldCredential{credential: c, need: need})
		}
	}
	if t != nil {
		for _, need := range t.Needs {
			add(need)
		}
	}
	for _, name := range skills {
		key := a.registry.skill(name).Credential
		if key != "" && (t == nil || a.registry.credentialByKey[key].Platform) {
			add(credentialNeed{Key: key})
		}
	}
	add(credentialNeed{Key: "sys-openai"})
	add(credentialNeed{Key: "sys-telegram", Optional: true, Filled: true})
	return held
}

// fill hands the credentials to an instance. Those of the platform come with their keys,
// and some of the optional ones with planted secrets.
func (a *Agents) fill(u *userAgent, held []*heldCredential) {
	for _, h := range held {
		values := map[string]string{}
		if h.Platform {
			values["apiKey"] = secrets().Platform[h.Key]
		}
		if h.need.Filled {
			maps.Copy(values, secrets().Filled[h.Key])
		}
		for _, name := range sortedKeys(values) {
			a.write(u, h, credentialRow{name: name, value: values[name]}, nil)
		}
		u.credentials = append(u.credentials, h)
	}
}

// fillIn applies the inline credentials of Deploy: flat fields that the user may write.
// The rest is left out, without a word.
func (a *Agents) fillIn(c *core.Call, u *userAgent, given map[string]any) {
	for _, key := range sortedKeys(given) {
		h := u.credential(a.registry, key)
		values, ok := given[key].(map[string]any)
		if h == nil || !ok {
			continue
		}
		for _, name := range sortedKeys(values) {
			row := credentialRow{name: name, value: core.Scalar(values[name])}
			if row.value != "" && h.writable(&row) == nil {
				a.write(u, h, row, c.Project)
			}
		}
	}
}

// syncSkills brings credentials and scheduled tasks of a custom build in line with its
// skills. What a skill left behind comes back with it.
func (a *Agents) syncSkills(u *userAgent) {
	if !u.isCustom() {
		return
	}
	enabled := u.enabledSkills()
	needed := a.newCredentials(nil, enabled)
	for _, h := range u.credentials {
		h.unused = !slices.ContainsFunc(needed, func(n *heldCredential) bool { return n.credential == h.credential })
	}
	needed = slices.DeleteFunc(needed, func(n *heldCredential) bool {
		return slices.ContainsFunc(u.credentials, func(h *heldCredential) bool { return h.credential == n.credential })
	})
	a.fill(u, needed)
	for _, name := range enabled {
		for _, key := range a.registry.skill(name).Crons {
			if u.customSkill(key) == nil {
				u.custom = append(u.custom, newCron(a.registry.crons[key], name, false))
			}
		}
	}
}
