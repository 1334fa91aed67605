package agents

import (
	"bytes"
	embedded "embed" // the package has a function of that name
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// agentData holds what agents are made of: templates, skills, credentials, and the
// secrets that the emulator plants.
//
//go:embed *.json
var agentData embedded.FS

// A registry is the public side of agents: what needs no agent to look up.
type registry struct {
	templates    []*agentTemplate
	skills       []*skill
	capabilities json.RawMessage
	crons        map[string]*cron // by key
	credentials  []*credential

	skillByName     map[string]*skill
	credentialByKey map[string]*credential // aliases too
}

// An agentTemplate is an agent of the catalog, ready to deploy.
type agentTemplate struct {
	GUID       string           `json:"guid"`
	ID         int              `json:"id"`
	Slug       string           `json:"slug"`
	Title      string           `json:"title"`
	Headline   string           `json:"headline"`
	About      string           `json:"about"`
	Categories []string         `json:"categories"`
	Tiers      tiers            `json:"tiers"`
	Inactive   bool             `json:"inactive"` // not listed, cannot be deployed
	Keys       string           `json:"keys"`     // prefix with which keys of custom skills are shown
	Quirks     []string         `json:"quirks"`
	Skills     []string         `json:"skills"`
	Needs      []credentialNeed `json:"credentials"`
	OneOf      []string         `json:"oneof"` // of these credentials one is enough
	Preference preference       `json:"preference"`
	Crons      []templateCron   `json:"crons"`
}

// quirkStrings writes every number and boolean of an instance as a string.
const quirkStrings = "strings"

// tierMultiplier is how much more Pro costs, and allows, than Starter.
const tierMultiplier = 3

// A tierPrice is what a subscription costs a month, and the credits in it.
type tierPrice struct {
	USD     float64 `json:"priceUsd"`
	Credits int     `json:"credits"`
}

type tiers struct {
	Starter tierPrice `json:"starter"`
	Pro     tierPrice `json:"pro"`
}

func (t tiers) of(tier string) tierPrice {
	if tier == tierPro {
		return t.Pro
	}
	return t.Starter
}

const (
	tierStarter = "starter"
	tierPro     = "pro"
)

// A credentialNeed is a credential that a template uses.
type credentialNeed struct {
	Key      string `json:"key"`
	Optional bool   `json:"optional"`
	Extra    bool   `json:"extra"`
	Filled   bool   `json:"filled"` // deployed with a planted secret in it
}

// A preference is the custom skill in which a template keeps its instructions.
type preference struct {
	Key   string `json:"key"`
	About string `json:"about"`
	Value string `json:"value"`
}

type templateCron struct {
	Key string `json:"key"`
	Off bool   `json:"off"`
}

// A skill is a capability that the platform ships.
type skill struct {
	Name         string      `json:"name"`
	Title        string      `json:"title"`
	About        string      `json:"about"`
	Credential   string      `json:"credential"`
	Capabilities []string    `json:"capabilities"`
	Depends      []string    `json:"depends"`
	Conflicts    []string    `json:"conflicts"`
	Internal     bool        `json:"internal"`    // only other skills call it
	Replacement  string      `json:"replacement"` // set on a deprecated skill
	USD          float64     `json:"usd"`
	Credits      int         `json:"credits"`
	Costs        actionCosts `json:"costs"`
	Crons        []string    `json:"crons"` // that it brings along
}

// category is "int" for a skill that talks to a service, "rule" for the others.
func (s *skill) category() string {
	if strings.HasPrefix(s.Name, "int-") {
		return "int"
	}
	return "rule"
}

// actionCosts are credits by action.
type actionCosts struct {
	Message    int `json:"message"`
	Create     int `json:"create"`
	Modify     int `json:"modify"`
	Regenerate int `json:"regenerate"`
}

func (c actionCosts) max(other actionCosts) actionCosts {
	return actionCosts{
		max(c.Message, other.Message), max(c.Create, other.Create),
		max(c.Modify, other.Modify), max(c.Regenerate, other.Regenerate),
	}
}

func (c actionCosts) of(action string) int {
	switch action {
	case "create":
		return c.Create
	case "modify":
		return c.Modify
	case "regenerate":
		return c.Regenerate
	default:
		return c.Message
	}
}

// A cron is a scheduled task that a skill or a template brings along.
type cron struct {
	Key      string `json:"key"`
	About    string `json:"about"`
	Value    string `json:"value"`
	Interval string `json:"interval"`
}

var loadRegistry = sync.OnceValue(func() *registry {
	var skills struct {
		Capabilities json.RawMessage `json:"capabilities"`
		Skills       []*skill        `json:"skills"`
		Crons        []*cron         `json:"crons"`
	}
	decodeAgentData("skills.json", &skills)
	r := &registry{
		skills: skills.Skills, capabilities: skills.Capabilities,
		crons: map[string]*cron{}, skillByName: map[string]*skill{}, credentialByKey: map[string]*credential{},
	}
	decodeAgentData("templates.json", &r.templates)
	decodeAgentData("credentials.json", &r.credentials)
	for _, s := range r.skills {
		r.skillByName[s.Name] = s
	}
	for _, c := range skills.Crons {
		r.crons[c.Key] = c
		r.skills = append(r.skills, &skill{Name: "cs-" + c.Key, Title: c.Key, About: c.About, Internal: true})
	}
	for _, c := range r.credentials {
		r.credentialByKey[c.Key] = c
		if f := findField(c.Fields, "pageid"); f != nil && c.Key == "meta-ads" {
			f.Writable = true // Wiro docs: Meta Ads Integration (How Meta Ads uses pageid)
		}
		for _, alias := range c.Aliases {
			r.credentialByKey[alias] = c
		}
	}
	r.check()
	return r
})

// decodeAgentData reads one embedded file. A mistake in it is a bug, so it panics.
func decodeAgentData(name string, into any) {
	data, err := agentData.ReadFile(name)
	if err != nil {
		panic(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		panic(fmt.Sprintf("emulator: %s: %v", name, err))
	}
}

// check panics over a name that leads nowhere.
func (r *registry) check() {
	known := func(what string, ok bool) {
		if !ok {
			panic("emulator: agents: no " + what)
		}
	}
	for _, s := range r.skills {
		known("credential "+s.Credential, s.Credential == "" || r.credentialByKey[s.Credential] != nil)
		for _, other := range slices.Concat(s.Depends, s.Conflicts) {
			known("skill "+other, r.skillByName[other] != nil)
		}
		for _, key := range s.Crons {
			known("cron "+key, r.crons[key] != nil)
		}
	}
	for _, t := range r.templates {
		for _, name := range t.Skills {
			known("skill "+name, r.skillByName[name] != nil)
		}
		for _, need := range t.Needs {
			known("credential "+need.Key, r.credentialByKey[need.Key] != nil)
		}
		for _, c := range t.Crons {
			known("cron "+c.Key, r.crons[c.Key] != nil)
		}
	}
}

// template finds an agent of the catalog; the slug goes before the guid.
func (r *registry) template(slug, guid string) *agentTemplate {
	for _, t := range r.templates {
		if slug != "" && t.Slug == slug || slug == "" && t.GUID == guid {
			return t
		}
	}
	return nil
}

// skill finds a skill by its name. A rule may be called without its prefix.
func (r *registry) skill(name string) *skill {
	if s := r.skillByName[name]; s != nil {
		return s
	}
	return r.skillByName["util-"+name]
}
