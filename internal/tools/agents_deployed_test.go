package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// aBusyAgent is an agent as Wiro sends it whole: some 15 KB.
func aBusyAgent() string {
	field := func(key, kind string) map[string]any {
		return map[string]any{"key": key, "type": kind, "label": strings.ToUpper(key[:1]) + key[1:], "required": true, "help": strings.Repeat("Where to find it. ", 4)}
	}
	schema := func(title, mode string, more map[string]any, fields ...any) map[string]any {
		s := map[string]any{"title": title, "icon": "https://files.test/icons/" + title + ".svg", "brand_color": "#E4405F", "brand_text_color": "#FFFFFF",
			"brand_logo_filter": "brightness(0) invert(1)", "docs_url": "/docs/integration-" + title + "-skills", "credential_mode": mode,
			"connection_modes": []string{"wiro", "own"}, "fields": fields}
		maps.Copy(s, more)
		return s
	}
	oauth := map[string]any{"oauth_provider": "instagram"}
	credentials := map[string]any{
		"instagram":    map[string]any{"_connected": true, "_schema": schema("Instagram", "oauth", oauth, field("appid", "text"), field("appsecret", "password")), "igusername": "mybrand", "appsecret": "planted"},
		"wordpress":    map[string]any{"_required_missing": true, "_schema": schema("WordPress", "api_key", nil, field("url", "text"), field("user", "text"), field("apppassword", "password")), "url": "https://blog.example.com"},
		"gmail":        map[string]any{"_schema": schema("Gmail", "imap", nil, field("account", "text"), field("apppassword", "password")), "account": "ada@example.com", "apppassword": "planted"},
		"sys-telegram": map[string]any{"optional": true, "_schema": schema("Telegram", "api_key", nil, field("bottoken", "password")), "bottoken": ""},
		"brevo":        map[string]any{"_schema": schema("Brevo", "api_key", nil, field("apiKey", "password")), "apiKey": "planted"},
	}
	var skills, custom, scheduled []any
	meta := map[string]any{}
	for i := range 8 {
		name := fmt.Sprintf("int-skill-%d", i)
		skills = append(skills, map[string]any{"name": name, "enabled": i != 7})
		meta[name] = map[string]any{"name": name, "title": fmt.Sprintf("Skill number %d", i), "icon": "https://files.test/icons/skill.svg", "brand_color": "#E4405F",
			"category": "int", "docs_url": "/docs/skill", "credential_key": "gmail", "description": strings.Repeat("It does something useful. ", 6)}
	}
	for i := range 4 {
		custom = append(custom, map[string]any{"key": fmt.Sprintf("cs-note-%d", i), "description": strings.Repeat("How to write. ", 4), "value": strings.Repeat("## Rules\nBe kind.\n", 40), "enabled": true, "_source": "preset-strategy"})
		scheduled = append(scheduled, map[string]any{"key": fmt.Sprintf("cs-cron-job-%d", i), "description": strings.Repeat("What to do. ", 4), "value": strings.Repeat("Do it well. ", 60), "enabled": i > 0, "interval": "0 */4 * * *", "_source": "user-created"})
	}
	data, err := json.Marshal(map[string]any{"credentials": credentials, "skills": skills, "skillsmeta": meta, "customskills": custom, "scheduledskills": scheduled,
		"status": 6, "setuprequired": true, "description": "Writes posts.", "agent": map[string]any{"slug": "blog-writer", "description": strings.Repeat("Long. ", 100)}})
	if err != nil {
		panic(err)
	}
	return agentNow(strings.TrimSuffix(strings.TrimPrefix(string(data), "{"), "}"))
}

func TestGetMyAgentIsShortAndWhole(t *testing.T) {
	t.Parallel()
	raw := aBusyAgent()
	require.Greater(t, len(raw), 14_000)
	f := faking(t, map[string]string{"UserAgent/Detail": raw})
	r := f.ok("get_my_agent", theAgent)
	structured, err := mcptool.Marshal(r.raw.StructuredContent)
	require.NoError(t, err)
	for name, size := range map[string]int{"text": len(r.text), "structured": len(structured)} {
		require.Greater(t, size, 1_500, name)
		require.Less(t, size, 4_400, name)
	}
	for _, form := range []string{r.text, string(structured)} {
		noneOf(t, form)
		for _, part := range []string{"setup required", "wordpress needs user, apppassword", "instagram", "connected", "mybrand", "https://blog.example.com", "[set]", "[empty]",
			"int-skill-6", "cs-note-3", "cs-cron-job-0", "0 */4 * * *", "900", "2030-01-01", "blog-writer"} {
			require.Contains(t, form, part)
		}
		require.NotContains(t, form, "int-skill-7", "it is off")
		require.NotContains(t, form, "brand_color")
	}
}

// Wiro's own keys are nobody's to enter.
func TestWhatWiroHoldsItselfIsNotAskedFor(t *testing.T) {
	t.Parallel()
	const credentials = `{"sys-openai": {"_schema": {"fields": [{"key": "apiKey", "type": "password", "required": true}]}, "apiKey": "planted"},
		"wiro": {"_required_missing": true, "_schema": {"fields": [{"key": "apiKey"}]}},
		"gmail": {"_schema": {"credential_mode": "imap", "fields": [{"key": "account", "required": true}]}}}`
	f := faking(t, map[string]string{
		"Agent/Detail":     `{"result":true,"agents":[{"guid":"tpl","title":"T","credentials":` + credentials + `}]}`,
		"UserAgent/Detail": agentNow(`"monthlycredits": 1000000, "remainingcredits": 1500000.5, "credentials": ` + credentials),
	})
	for _, r := range []result{f.ok("get_agent", `{"guid":"tpl"}`), f.ok("get_my_agent", theAgent)} {
		require.Contains(t, r.text, "gmail")
		for _, hidden := range []string{"openai", "wiro:", "apiKey", "planted"} {
			require.NotContains(t, r.everything(t), hidden)
		}
	}
	require.Contains(t, f.ok("get_my_agent", theAgent).text, "1,500,000.5 credits left (1,000,000 monthly")
}
