package tools_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
)

// integrations are the services that agents work with, each by a skill that needs it.
var integrations = map[string]string{
	"instagram": "int-instagram-post", "facebook-pages": "int-facebookpage-post", "linkedin": "int-linkedin-post",
	"twitter": "int-twitterx-post", "tiktok": "int-tiktok-post", "youtube": "int-youtube-manage", "google-ads": "int-googleads-manage",
	"meta-ads": "int-metaads-manage", "google-merchant-center": "int-merchant-center", "ga4": "int-ga4-analytics", "hubspot": "int-hubspot-crm",
	"mailchimp": "int-mailchimp-email", "google-drive": "int-google-drive", "gmail": "int-gmail-check", "firebase": "int-firebase-push",
	"wordpress": "int-wordpress-post", "brevo": "int-brevo-email", "sendgrid": "int-sendgrid-email", "apple-appstore": "int-appstore-reviews",
	"google-play": "int-googleplay-reviews", "apollo": "int-apollo-sales", "lemlist": "int-lemlist-outreach",
}

// usersValue is what a user gives for a field.
func usersValue(field string) string {
	switch field {
	case "appids":
		return "6479306352, 1234567890" // as people write it
	case "serviceaccountjsonbase64":
		return `{"project_id": "shop", "client_email": "robot@shop.example"}` // the file, not encoded
	case "privatekeybase64":
		return "-----BEGIN PRIVATE KEY-----\nMIGT\n-----END PRIVATE KEY-----"
	case "url":
		return "https://blog.example.com"
	}
	return "1234567890"
}

// withConsents gives a stage pages for consents.
func withConsents(t *testing.T) func(*tools.Options) {
	t.Helper()
	return func(o *tools.Options) {
		o.Store, _ = store.Open("memory", store.Options{})
		o.Consents = consent.NewFlows(o.Store, zerolog.Nop())
		t.Cleanup(o.Consents.Close)
	}
}

// browse opens an address as a user does who allows everything, and chooses the first of what
// the page at the end offers.
func (s *setter) browse(address string) string {
	s.t.Helper()
	browser := &http.Client{Transport: &http.Transport{}}
	defer browser.CloseIdleConnections()
	response, err := browser.Get(address)
	require.NoError(s.t, err)
	page := s.page(response)
	if first := regexp.MustCompile(`<button name="id" value="([^"]+)"`).FindStringSubmatch(page); first != nil {
		response, err = browser.PostForm(response.Request.URL.String(), url.Values{"id": {first[1]}})
		require.NoError(s.t, err)
		page = s.page(response)
	}
	return page
}

func (s *setter) page(response *http.Response) string {
	s.t.Helper()
	page, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	require.Equal(s.t, http.StatusOK, response.StatusCode, string(page))
	require.Empty(s.t, response.Request.URL.RawQuery, "the address bar holds nothing of the account")
	return string(page)
}

// next runs the next step of an answer, with the user's values in it. What the next step asks
// the user to open, the user opens.
func (s *setter) next(a answer) answer {
	s.t.Helper()
	tool, ok := a.at("nextAction.tool").(string)
	require.True(s.t, ok, a.text)
	arguments := a.at("nextAction.arguments").(map[string]any)
	fields, _ := arguments["fields"].([]any)
	for _, field := range fields {
		row := field.(map[string]any)
		if row["fieldvalue"] == "…" {
			row["fieldvalue"] = usersValue(row["fieldname"].(string))
		}
	}
	data, err := json.Marshal(arguments)
	require.NoError(s.t, err)
	b := s.call(tool, string(data))
	require.False(s.t, b.isError, "%s %s: %s", tool, data, b.text)
	if b.data["state"] == "authorization_required" {
		s.browse(b.at("authorizeUrl").(string))
	}
	return b
}

// ready follows next steps alone, from what get_my_agent says to an agent that runs.
func (s *setter) ready(agent string) {
	s.t.Helper()
	a := s.call("get_my_agent", `{}`, "useragentguid", agent).ok()
	var steps []string
	for range 40 {
		if status, _ := a.data["agent"].(map[string]any); status != nil && status["status"] == "running" {
			return
		}
		steps = append(steps, fmt.Sprint(a.at("nextAction.tool")))
		a = s.next(a)
	}
	require.Fail(s.t, "it is not ready", "%s leads nowhere: %s", strings.Join(steps, ", "), a.text)
}

// Every integration becomes ready from every state of its set-up, by following nextAction and
// nothing else, with the tools that are on by default and with all of them.
func TestEveryIntegrationBecomesReadyByNextActionsAlone(t *testing.T) {
	t.Parallel()
	for credential, skill := range integrations {
		t.Run(credential, func(t *testing.T) {
			t.Parallel()
			for name, toolsets := range map[string][]tools.Toolset{"default": tools.DefaultToolsets, "all": tools.AllToolsets} {
				s := &setter{stage: newStage(t, withConsents(t), func(o *tools.Options) { o.Toolsets, o.RunTimeout = toolsets, 300*time.Millisecond })}
				s.sandbox.SetBalance(emulator.DemoSignedKey, 10_000)
				for state, prepare := range setupStates(s, credential) {
					if name == "all" && state != "fresh" && state != "consented elsewhere" {
						continue // the same tools
					}
					agent := s.call("deploy_agent", `{"custom": true, "title": "It", "confirm": true}`, "skills", `{"`+skill+`": true}`).ok().at("agent.useragentguid").(string)
					if !t.Run(name+", "+state, func(t *testing.T) {
						own := &setter{stage: &stage{s.Server, s.sandbox, t}}
						prepare(own, agent)
						own.ready(agent)
						own.scan()
					}) {
						return
					}
				}
			}
		})
	}
}

// setupStates are ways in which the set-up of an integration stands half done.
func setupStates(s *setter, credential string) map[string]func(*setter, string) {
	states := map[string]func(*setter, string){"fresh": func(*setter, string) {}}
	detail := s.registryEntry(credential)
	var own []map[string]any
	for _, field := range detail.fields {
		if !field.required || field.filled {
			continue
		}
		row := map[string]any{"credentialkey": credential, "fieldname": field.name, "fieldvalue": usersValue(field.name)}
		if field.parent != "" {
			row["parentfield"], row["ordinal"] = field.parent, 0
		}
		own = append(own, row)
		states["with "+field.name] = func(s *setter, agent string) { s.enter(agent, row) }
	}
	if detail.provider == "" {
		return states
	}
	app := append(own, map[string]any{"credentialkey": credential, "fieldname": "authmethod", "fieldvalue": "own"})
	states["own app"] = func(s *setter, agent string) { s.enter(agent, app...) }
	connect := func(s *setter, agent, more string) answer {
		s.enter(agent, app...)
		return s.call("connect_agent_account", `{"authmethod": "own"`+more+`}`, "useragentguid", agent, "provider", detail.provider).ok("Callback")
	}
	states["consented elsewhere"] = func(s *setter, agent string) {
		s.consents(connect(s, agent, `, "redirecturl": "https://app.example.com/cb"`))
	}
	states["link given"] = func(s *setter, agent string) { connect(s, agent, "") }
	states["declined"] = func(s *setter, agent string) {
		link := connect(s, agent, "")
		require.Contains(s.t, s.browse(link.at("authorizeUrl").(string)+"&deny=1"), "declined")
		refused := s.call("connect_agent_account", `{}`, "useragentguid", agent, "provider", detail.provider).refused("not connected: The consent was declined")
		s.next(refused)
	}
	states["too late"] = func(s *setter, agent string) {
		link := connect(s, agent, "")
		s.sandbox.Advance(16 * time.Minute)
		require.Contains(s.t, s.browse(link.at("authorizeUrl").(string)), "longer than 15 minutes")
		s.next(s.call("connect_agent_account", `{}`, "useragentguid", agent, "provider", detail.provider).refused("Connect again"))
	}
	states["connected once"] = func(s *setter, agent string) {
		s.next(connect(s, agent, ""))
		link := s.call("connect_agent_account", `{}`, "useragentguid", agent, "provider", detail.provider)
		if link.data["state"] == "authorization_required" {
			s.browse(link.at("authorizeUrl").(string))
		}
	}
	return states
}

type registryEntry struct {
	provider string
	fields   []registryField
}

type registryField struct {
	name, parent     string
	required, filled bool
}

// registryEntry reads what the registry says of a credential.
func (s *setter) registryEntry(key string) registryEntry {
	s.t.Helper()
	response, err := http.Post(s.sandbox.APIURL()+"/Credentials/Detail", "application/json", strings.NewReader(`{"key":"`+key+`"}`))
	require.NoError(s.t, err)
	defer response.Body.Close() //nolint:errcheck // read to its end
	type field struct {
		Key      string
		Required bool
		Filled   bool `json:"auto_filled_by_oauth"`
		Default  string
		Fields   []struct {
			Key      string
			Required bool
		}
	}
	var answer struct {
		Credential struct {
			Schema []field         `json:"credential_schema"`
			OAuth  json.RawMessage `json:"oauth_provider"`
		}
	}
	require.NoError(s.t, json.NewDecoder(response.Body).Decode(&answer))
	entry := registryEntry{}
	if text := string(answer.Credential.OAuth); text != "" && text != "null" {
		entry.provider = key
	}
	for _, f := range answer.Credential.Schema {
		if f.Fields == nil {
			entry.fields = append(entry.fields, registryField{f.Key, "", f.Required && f.Default == "", f.Filled})
		}
		for _, inner := range f.Fields {
			entry.fields = append(entry.fields, registryField{inner.Key, f.Key, f.Required && inner.Required, false})
		}
	}
	require.NotEmpty(s.t, entry.fields, key)
	return entry
}

func (s *setter) enter(agent string, rows ...map[string]any) {
	s.t.Helper()
	data, err := json.Marshal(map[string]any{"useragentguid": agent, "fields": rows})
	require.NoError(s.t, err)
	s.call("set_agent_credentials", string(data)).ok()
}
