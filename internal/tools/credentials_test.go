package tools_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

const wordpressType = `{"key": "wordpress", "title": "WordPress", "credential_mode": "multi_api_key", "docs_url": "integration-wordpress-skills",
	"credential_schema": [{"key": "url", "type": "text", "label": "Site", "required": true, "pattern": "^https?://.+"},
	{"key": "codeword", "type": "password", "label": "Code word", "required": true},
	{"key": "plan", "type": "select", "label": "Plan", "options": [{"label": "A", "value": "a"}]}], "used_by_skills": ["int-wordpress-post"]}`

const instagramType = `{"key": "instagram", "title": "Instagram", "credential_mode": "oauth", "connection_modes": ["wiro", "own"], "wiro_connect_pending": true,
	"credential_schema": [{"key": "appid", "type": "text", "label": "App ID", "required": true, "only_in_modes": ["own"]},
	{"key": "appsecret", "type": "password", "label": "Secret", "required": true, "only_in_modes": ["own"]},
	{"key": "igusername", "type": "text", "label": "Account", "auto_filled_by_oauth": true}],
	"oauth_provider": {"connect_endpoint": "/UserAgentOAuth/IGConnect"}, "used_by_skills": ["int-instagram-post"]}`

func registry() map[string]string {
	return map[string]string{
		"Credentials/List":        `{"result": true, "errors": [], "total": 2, "credentials": [` + wordpressType + `, ` + instagramType + `]}`,
		"Credentials/Detail":      `{"result": true, "errors": [], "credential": ` + wordpressType + `}`,
		"Skills/CredentialSchema": `{"result": true, "errors": [], "credential": ` + instagramType + `}`,
	}
}

func TestCredentialTypesSayHowEachIsSetUp(t *testing.T) {
	t.Parallel()
	s := newScript(t, registry())
	list := s.call("list_credential_types", `{}`).ok(
		"2 credential types", "wordpress · WordPress", "set_agent_credentials with url, codeword, plan", "app of your own only", "int-instagram-post")
	require.Nil(t, list.at("credentials.0.schema"), "a list is short")

	one := s.call("list_credential_types", `{"key": "wordpress"}`).ok("codeword (password, required)", "pattern ^https?://.+", "one of a", "read_doc integration-wordpress-skills")
	require.Equal(t, "codeword", one.at("credentials.0.schema.1.fieldname"))
	require.Equal(t, map[string]any{"key": "wordpress"}, s.to("Credentials/Detail")[0].body)

	skill := s.call("list_credential_types", `{"skill": "int-instagram-post"}`).ok("appid, appsecret and authmethod", "connect_agent_account", "filled by consent")
	require.Equal(t, "instagram", skill.at("credentials.0.provider"))
	require.Equal(t, []any{"appid", "appsecret"}, skill.at("credentials.0.fields"))
	require.Equal(t, map[string]any{"name": "int-instagram-post"}, s.to("Skills/CredentialSchema")[0].body)

	s.call("list_credential_types", `{"key": "a", "skill": "b"}`).refused("give one")
}

func TestUnknownNamesOfTheRegistriesAreMetWithTheClosest(t *testing.T) {
	t.Parallel()
	s := newScript(t, registry())
	s.answer("Credentials/Detail", refusal(404, "Credential not found: wordpres"))
	s.call("list_credential_types", `{"key": "wordpres"}`).refused("Did you mean wordpress?", "list_credential_types")
	s.answer("Skills/CredentialSchema", refusal(404, "No credential associated with skill: util-x"))
	s.call("list_credential_types", `{"skill": "util-x"}`).refused("needs no credential, or there is no such skill", "list_skills")
	s.answer("Skills/Detail", refusal(404, "Skill not found: int-gmail"))
	s.answer("Skills/List", `{"result": true, "skills": [{"name": "int-slack"}, {"name": "int-gmail-check"}]}`)
	s.call("list_skills", `{"name": "int-gmail"}`).refused("Did you mean int-gmail-check?")
}

// What callers hand over. None of it may come back or be logged.
const (
	handedPassword = "abcd efgh ijkl mnop"
	handedKey      = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2UUlCQURBTkJna3Foa2lHOXcw"
	handedPlain    = "https://very-private.example.com/path"
	handedPin      = "4711"
)

func entry(t *testing.T) string {
	t.Helper()
	data, err := json.Marshal(map[string]any{"useragentguid": "ua1", "fields": []any{
		map[string]any{"credentialkey": "wordpress", "fieldname": "apppassword", "fieldvalue": handedPassword},
		map[string]any{"credentialkey": "wordpress", "fieldname": "url", "fieldvalue": handedPlain},
		map[string]any{"credentialkey": "apple-appstore", "fieldname": "privatekeybase64", "fieldvalue": handedKey},
		map[string]any{"credentialkey": "firebase", "fieldname": "id", "fieldvalue": handedPin, "parentfield": "accounts.0.apps", "ordinal": "1"},
		map[string]any{"credentialkey": "gmail", "fieldname": "account", "fieldvalue": ""},
	}})
	require.NoError(t, err)
	return string(data)
}

func (s *script) sayNothingOf(a answer, secrets ...string) {
	s.t.Helper()
	data, err := json.Marshal(a.data)
	require.NoError(s.t, err)
	for _, said := range []string{a.text, string(data), s.log.String()} {
		for _, secret := range secrets {
			require.NotContains(s.t, said, secret)
		}
	}
}

func TestCredentialsThatAreSetAreNeverSaidAgain(t *testing.T) {
	t.Parallel()
	pieces := []string{"abcd", "mnop", "very-private", "LS0tLS1C", "QURBTkJn", " " + handedPin}
	s := newScript(t, map[string]string{"UserAgent/CredentialUpsert": `{"result": true, "applied": "4", "errors": [
		{"message": "Skipped wordpress: ` + handedPassword + ` is not ` + handedPin + `"}]}`})
	done := s.call("set_agent_credentials", entry(t)).ok("4 of 5 fields written", "wordpress.apppassword [set]", "gmail.account [empty]",
		"firebase.accounts.0.apps[1].id [set]", "Not written: Skipped wordpress")
	s.sayNothingOf(done, pieces...)
	require.Equal(t, "get_my_agent", done.at("nextAction.tool"))
	require.Equal(t, map[string]any{"credentialkey": "firebase", "fieldname": "id", "fieldvalue": handedPin, "parentfield": "accounts.0.apps", "ordinal": float64(1)},
		s.to("UserAgent/CredentialUpsert")[0].body["fields"].([]any)[3])

	s.answer("UserAgent/CredentialUpsert", `{"result": true, "applied": 1, "errors": [{"message": "agent-fieldstatus-not-allowed-for-role"}]}`)
	s.call("set_agent_credentials", entry(t)).ok("1 of 5 fields written", "Not written: Wiro fills that field itself")
	s.answer("UserAgent/CredentialUpsert", `{"result": true, "applied": 0, "errors": [{"message": "agent-fieldstatus-not-allowed-for-role"}]}`)
	s.call("set_agent_credentials", entry(t)).refused("Nothing was written. Wiro fills that field itself", "get_my_agent")

	for name, answer := range map[string]string{
		"refused":       refusal(0, "agent-fieldstatus-not-allowed-for-role: "+handedPassword),
		"unknown words": refusal(0, "cannot store "+handedKey[:20]+"… at "+handedPlain+" "+handedPin),
		"a web page":    "<html>" + handedPassword + handedKey + "</html>",
		"broken":        `{"fields": "` + handedKey,
		"another shape": `{"result": true, "errors": {"message": "` + handedPlain + `"}, "applied": ["` + handedPassword + `"]}`,
	} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusInternalServerError} {
			s := newScript(t, map[string]string{"UserAgent/CredentialUpsert": answer})
			s.wiro.Behave("UserAgent/CredentialUpsert", wirotest.Behavior{Body: answer, Status: status})
			a := s.call("set_agent_credentials", entry(t))
			require.NotEmpty(t, a.text, name)
			s.sayNothingOf(a, pieces...)
		}
	}

	for _, wrong := range []string{
		`{"useragentguid": "ua1", "fields": "` + handedPassword + `"}`,
		`{"useragentguid": "ua1", "fields": [{"credentialkey": "a", "fieldname": "b", "fieldvalue": "` + handedPassword + `", "ordinal": "` + handedKey + `"}]}`,
		`{"useragentguid": "ua1", "fields": [{"credentialkey": "a", "fieldname": "_b", "fieldvalue": "` + handedPassword + `"}]}`,
		`{"useragentguid": "ua1", "fields": [{"credentialkey": "a", "fieldvalue": "` + handedPassword + `"}]}`,
	} {
		s.sayNothingOf(s.call("set_agent_credentials", wrong).refused(), pieces...)
	}
	require.Len(t, s.to("UserAgent/CredentialUpsert"), 3)
}

func TestTheHistoryOfACredentialShowsWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	const history = `{"result": true, "errors": [], "entries": [
		{"guid": "h1", "credentialkey": "wordpress", "fieldname": "url", "fieldvalue": "https://blog.example.com", "fieldstatus": "user", "operation": "upsert",
		 "changedby": "u1", "changedby_user": {"firstname": "Ada", "lastname": "Lovelace"}, "changedat": 1714694410},
		{"guid": "h2", "fieldname": "codeword", "fieldvalue": "open-sesame-1", "fieldstatus": "user", "operation": "upsert", "changedby": "system", "changedat": "1714600000"},
		{"guid": "h3", "fieldname": "apppassword", "fieldvalue": "open-sesame-2", "fieldstatus": "user", "operation": "upsert"},
		{"guid": "h4", "fieldname": "code", "fieldvalue": "open-sesame-3", "fieldstatus": "oauth_session", "operation": "upsert"},
		{"guid": "h5", "fieldname": "clientsecret", "fieldvalue": "[REDACTED]", "fieldstatus": "oauth_app", "operation": "upsert"},
		{"guid": "h6", "fieldname": "apppassword", "fieldvalue": "", "fieldstatus": "user", "operation": "upsert"},
		{"guid": "h7", "fieldname": "note", "fieldvalue": "use EAABsbCS1iHgBAKZC7token0123456789abcdef", "fieldstatus": "user", "operation": "upsert"}]}`
	answers := registry()
	answers["UserAgent/CredentialFieldHistory"] = history
	s := newScript(t, answers)
	a := s.call("get_agent_credential_history", `{"useragentguid": "ua1", "credentialkey": "wordpress", "startdate": 5, "enddate": "9"}`).
		ok("7 changes of wordpress", "2024-05-03", "Ada Lovelace", "url = https://blog.example.com", "system", "codeword = [set]", "apppassword = [set]",
			"apppassword = [empty]", "clientsecret = [set]", "code = [set]", "use [set]")
	s.sayNothingOf(a, "open-sesame", "EAABsb")
	require.Equal(t, map[string]any{"useragentguid": "ua1", "credentialkey": "wordpress", "startdate": float64(5), "enddate": float64(9)},
		s.to("UserAgent/CredentialFieldHistory")[0].body)

	s.answer("Credentials/Detail", `<html>busy</html>`)
	a = s.call("get_agent_credential_history", `{"useragentguid": "ua1", "credentialkey": "wordpress"}`).ok("url = [set]")
	s.sayNothingOf(a, "blog.example.com")

	s.answer("Credentials/Detail", refusal(404, "Credential not found: newsletter"))
	s.call("get_agent_credential_history", `{"useragentguid": "ua1", "credentialkey": "newsletter"}`).ok("url = https://blog.example.com")
	s.answer("UserAgent/CredentialFieldHistory", `{"result": true, "entries": []}`)
	s.call("get_agent_credential_history", `{"useragentguid": "ua1", "credentialkey": "wiro"}`).ok("No changes of wiro")
}

func TestDriveFoldersAreListedWithoutTheKey(t *testing.T) {
	t.Parallel()
	s := newScript(t, map[string]string{"UserAgentOAuth/GoogleDriveListFolders": `{"result": true, "serviceAccountEmail": "robot@x.example",
		"folders": [{"id": "f1", "name": "Pictures", "ownerName": "ada@x.example", "modifiedTime": "2026-04-10T12:34:00Z"}]}`})
	a := s.call("list_drive_folders", `{"useragentguid": "ua1", "serviceaccountjsonbase64": "`+handedKey+`"}`).
		ok("1 folder shared with robot@x.example", "f1 · Pictures · ada@x.example · 2026-04-10", "parentfield")
	s.sayNothingOf(a, handedKey)
	require.Equal(t, handedKey, s.to("UserAgentOAuth/GoogleDriveListFolders")[0].body["serviceaccountjsonbase64"])

	s.answer("UserAgentOAuth/GoogleDriveListFolders", refusal(0, "Invalid JWT token: "+handedKey))
	s.sayNothingOf(s.call("list_drive_folders", `{"useragentguid": "ua1", "serviceaccountjsonbase64": "`+handedKey+`"}`).refused("Base64 without line breaks"),
		handedKey, handedKey[:10])
	s.answer("UserAgentOAuth/GoogleDriveListFolders", `{"result": true, "serviceAccountEmail": "robot@x.example", "folders": []}`)
	s.call("list_drive_folders", `{"useragentguid": "ua1"}`).ok("No folder is shared with robot@x.example")
}
