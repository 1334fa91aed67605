package tools

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// planted are secrets as agents hold them, by the field that carries each.
var planted = map[string]string{
	"accesstoken": "planted-access-1", "refreshtoken": "planted-refresh-2", "pageAccessToken": "planted-page-3",
	"clientsecret": "planted-client-4", "appsecret": "planted-app-5", "apppassword": "planted pass word six",
	"applicationpass": "planted-wp-7", "bottoken": "planted-bot-8", "apiKey": "planted-key-9", "apikey": "planted-key-10",
	"masterapikey": "planted-master-11", "developertoken": "planted-dev-12", "serviceaccountjsonbase64": "planted-sa-13",
	"privatekeybase64": "planted-p8-14", "private_key": "planted-pem-15", "password": "planted-pw-16", "access-token": "planted-17",
	"SMTP_Password": "planted-18", "oauth_token": "planted-19", "x-api-key": "planted-20", "Authorization": "planted-21",
}

func noneOf(t *testing.T, text string) {
	t.Helper()
	for field, secret := range planted {
		require.NotContains(t, text, secret, field)
	}
	require.NotContains(t, text, "planted")
}

func plantedFields() map[string]any {
	fields := map[string]any{"clientid": "public-1", "igusername": "mybrand", "url": "https://blog.example.com", "tokenexpiresat": "2026-05-01"}
	for name, secret := range planted {
		fields[name] = secret
	}
	return fields
}

func TestSecretsAreKnownByTheirFieldsNames(t *testing.T) {
	t.Parallel()
	for name := range planted {
		require.True(t, isSecretField(name), name)
	}
	for _, name := range []string{
		"url", "user", "username", "account", "clientid", "clientkey", "appid", "keyid", "issuerid", "authmethod", "igusername",
		"agenttoken", "tasktoken", "socketaccesstoken", "tokenexpiresat", "refreshtokenexpiresat", "tokenCount", "credentialkey",
		"key", "skillkey", "sessionkey", "packkey", "accountname", "serviceAccountEmail", "customerid", "messageguid",
	} {
		require.False(t, isSecretField(name), name)
	}
}

func TestHiddenValuesShowWhetherTheyAreSet(t *testing.T) {
	t.Parallel()
	hidden := redactSecrets(map[string]any{
		"apppassword": "x", "bottoken": "", "apikey": nil, "clientsecret": []any{}, "privatekey": map[string]any{"a": "b"},
		"apiKey": json.Number("0"), "password": "[empty]", "_editable": map[string]any{"appsecret": true}, "url": "https://a.test",
	})
	require.Equal(t, map[string]any{
		"apppassword": "[set]", "bottoken": "[empty]", "apikey": "[empty]", "clientsecret": "[empty]", "privatekey": "[set]",
		"apiKey": "[set]", "password": "[empty]", "_editable": map[string]any{"appsecret": true}, "url": "https://a.test",
	}, hidden)
}

func TestASchemaGivesAwayWhichFieldsAreSecret(t *testing.T) {
	t.Parallel()
	schema := map[string]any{"fields": []any{
		map[string]any{"key": "pin", "type": "password", "placeholder": "1234"},
		map[string]any{"key": "rows", "type": "list", "fields": []any{map[string]any{"key": "code", "type": "password"}}},
		map[string]any{"key": "name", "type": "text"},
	}}
	hidden := redactSecrets(map[string]any{
		"_schema": schema, "pin": "planted", "name": "ada", "rows": []any{map[string]any{"code": "planted", "name": "first"}},
	})
	data, err := json.Marshal(hidden)
	require.NoError(t, err)
	noneOf(t, string(data))
	for _, text := range []string{`"pin":"[set]"`, `"code":"[set]"`, `"name":"ada"`, `"name":"first"`, `"placeholder":"1234"`} {
		require.Contains(t, string(data), text)
	}
	require.Equal(t, []string{"pin", "code"}, passwordFields(schema))
	require.Equal(t, map[string]any{"Pin": "[set]"}, redactSecrets(map[string]any{"Pin": "planted"}, "pin"))
}

func TestARowAboutASecretFieldHidesItsValue(t *testing.T) {
	t.Parallel()
	for _, row := range []map[string]any{
		{"fieldname": "apppassword", "fieldvalue": "planted", "prev_value": "planted", "after_value": "planted"},
		{"fieldname": "whatever", "fieldvalue": "planted", "fieldstatus": "oauth_app"},
		{"fieldname": "whatever", "fieldvalue": "planted", "fieldstatus": "oauth_session"},
		{"key": "pin", "type": "password", "value": "planted", "default": "planted"},
	} {
		noneOf(t, fmt.Sprint(redactSecrets(row)))
	}
	require.Equal(t, map[string]any{"fieldname": "igusername", "fieldvalue": "ada", "fieldstatus": "user"},
		redactSecrets(map[string]any{"fieldname": "igusername", "fieldvalue": "ada", "fieldstatus": "user"}))
}

func TestKeysAreKnownBySight(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{
		"a private key":            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nplanted\n-----END PRIVATE KEY-----",
		"an unfinished one":        "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQplanted",
		"one in Base64":            "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tplanted",
		"a signed token":           "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0planted.c2lnbmF0dXJl",
		"a service account":        "eyJ0eXBlIjoic2VydmljZV9hY2NvdW50planted",
		"a Telegram bot's token":   "123456789:ABC-DEF1234ghIkl-zyx57W2v1u123plan",
		"a Brevo key":              "xkeysib-0123456789abcdef0123456789planted",
		"a SendGrid key":           "SG.abcdefghijklmnop.plantedplantedplanted",
		"a Google access token":    "ya29.a0AfH6SMBplantedplantedplanted",
		"a Facebook access token":  "EAABsbCS1iHgBAplantedplantedplantedplanted",
		"a Google client's secret": "GOCSPX-plantedplantedplanted",
	} {
		require.True(t, strings.HasPrefix(redactText("before "+secret+" after"), "before [set]"), name)
		require.Equal(t, "[set]", redactTokens(secret), name)
		require.Equal(t, map[string]any{"note": "see [set]"}, redactSecrets(map[string]any{"note": "see " + secret}), name)
	}
}

func TestANameInATextHidesWhatFollowsIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`apppassword: planted pass word six`, `gmail refused {"apppassword":"planted \"quoted\"","account":"ada@example.com"}`,
		`GET /x?access_token=planted&page=2`, `Authorization: Bearer planted`, `error: clientsecret=planted`,
		`{'apiKey': 'planted'}`, `details: {detail: {bottoken: planted}}`,
	} {
		hidden := redactText(text)
		noneOf(t, hidden)
		require.Contains(t, hidden, "[set]", text)
	}
	for _, text := range []string{
		"Insufficient wallet balance. Required: $9.00, Available: $4.00", "Message cannot be cancelled (status: agent_end)",
		"Agent is not running. Current status: 6", "agenttoken: tok1", "The bot token expired, please connect again.",
		"https://example.com/?page=2&sort=asc", "Look at https://wiro.ai/panel/billing: then repeat.",
	} {
		require.Equal(t, text, redactText(text))
	}
}

// TestNoToolLetsASecretOut plants secrets in every place where Wiro's answers and refusals
// can carry them, and calls every tool about agents.
func TestNoToolLetsASecretOut(t *testing.T) {
	t.Parallel()
	fields := plantedFields()
	fields["accounts"] = []any{plantedFields()}
	fields["pin"] = "planted by type"
	fields["_schema"] = map[string]any{"title": "S", "credential_mode": "api_key", "fields": []any{
		map[string]any{"key": "pin", "type": "password", "required": true, "default": "planted default"},
		map[string]any{"key": "missing", "type": "password", "required": true},
	}}
	credential, err := json.Marshal(fields)
	require.NoError(t, err)
	token := `123456789:ABC-DEF1234ghIkl-zyx57W2v1u123planted`
	inText, err := json.Marshal(map[string]any{"text": "apppassword: planted", "apikey": "planted", "deep": []any{map[string]any{"bottoken": "planted"}}})
	require.NoError(t, err)
	skill := `[{"key": "cs-a", "enabled": true, "description": "uses ` + token + `", "value": "use ` + token + ` or apiKey=planted"}]`
	agent := `"status": 6, "setuprequired": true, "credentials": {"s": ` + string(credential) + `, "twitter": ` + string(credential) + `},
		"customskills": ` + skill + `, "scheduledskills": ` + skill + `, "description": "` + token + `"`
	event := `{"ts": 1714694410, "kind": "tool", "action": "a", "details": ` + string(inText) + `}`
	answers := map[string]string{
		"UserAgent/Detail": agentNow(agent), "UserAgent/Deploy": agentNow(agent), "UserAgent/Update": agentNow(agent),
		"UserAgent/MyAgents": agentNow(agent), "UserAgent/PinnedAgents": agentNow(agent),
		"UserAgent/Message/Send":    sentNow,
		"UserAgent/Message/Detail":  messageNow("agent_error", "bottoken: planted"),
		"UserAgent/Logs":            `{"result": true, "date": "2026-05-01", "events": [` + event + `]}`,
		"UserAgent/LogsFile":        `{"result": true, "date": "2026-05-01", "events": [` + event + `]}`,
		"UserAgent/TransactionList": `{"result": true, "transactions": [{"guid": "x", "description": "apikey: planted", "metadata": ` + string(inText) + `}]}`,
		"Agent/Detail":              `{"result": true, "agents": [{"guid": "a", "credentials": {"s": ` + string(credential) + `}, "customskills": ` + skill + `}]}`,
	}
	f := faking(t, answers, func(o *Options) { o.RunTimeout = 20 * time.Millisecond })
	arguments := `{"useragentguid": "ua", "guid": "a", "message": "hi", "messageguid": "m1", "title": "x", "agentguid": "a", "pack": "small",
		"skills": "int-a", "date": "2026-05-01", "items": {"messageguid": "m1"}, "confirm": true, "custom": false,
		"credentials": {"gmail": {"apppassword": "planted pass word six", "account": "planted@example.com"}}}`
	for _, d := range f.Tools() {
		if d.Toolset != Agents && d.Toolset != Messages && d.Toolset != Billing && d.Toolset != Logs {
			continue
		}
		fitting := fitting(t, d, arguments)
		f.say("UserAgent/Start")
		noneOf(t, f.call(d.Name, fitting).everything(t))
	}
	// And where Wiro refuses.
	for _, message := range []string{`Bad value: {"apppassword":"planted pass word six"}`, "token " + token + " is wrong", "apiKey=planted"} {
		for path := range answers {
			f.say(path, saysNo(message))
		}
		for _, d := range f.Tools() {
			if d.Toolset == Agents || d.Toolset == Messages || d.Toolset == Billing || d.Toolset == Logs {
				noneOf(t, f.call(d.Name, fitting(t, d, arguments)).everything(t))
			}
		}
	}
}

// fitting leaves of the arguments those that the tool takes.
func fitting(t *testing.T, d mcptool.Tool, arguments string) string {
	t.Helper()
	var all map[string]any
	require.NoError(t, json.Unmarshal([]byte(arguments), &all))
	some := map[string]any{}
	for _, name := range d.Arguments() {
		if value, ok := all[name]; ok {
			some[name] = value
		}
	}
	if d.Name == "deploy_agent" {
		delete(some, "skills")
	}
	data, err := json.Marshal(some)
	require.NoError(t, err)
	return string(data)
}

func FuzzRedactText(f *testing.F) {
	f.Add(`apppassword: "a\"b" and access_token=x`)
	f.Add("-----BEGIN PRIVATE KEY-----")
	f.Fuzz(func(t *testing.T, text string) {
		hidden := redactText(text)
		require.False(t, strings.Contains(hidden, "PRIVATE KEY-----\nMII"))
		_ = redactSecrets(map[string]any{text: text})
	})
}
