package emulator_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// upsert writes credential fields: rows of key, field, value.
func (a *api) upsert(guid string, rows ...[3]string) answer {
	a.t.Helper()
	var fields []obj
	for _, r := range rows {
		fields = append(fields, obj{"credentialkey": r[0], "fieldname": r[1], "fieldvalue": r[2]})
	}
	return a.post("UserAgent/CredentialUpsert", obj{"useragentguid": guid, "fields": fields})
}

func TestCredentialsCompleteTheSetup(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("blog-content-editor")
	out := a.upsert(guid, [3]string{"wordpress", "url", "https://blog.example.com"}, [3]string{"wordpress", "user", "ada"}).must(t)
	require.EqualValues(t, 2, out["applied"])
	require.EqualValues(t, setup, a.mine(guid)["status"])
	a.upsert(guid, [3]string{"wordpress", "apppassword", "open sesame"}).must(t)
	d := a.mine(guid)
	require.EqualValues(t, stopped, d["status"])
	require.Equal(t, false, d["setuprequired"])
	wordpress := d["credentials"].(obj)["wordpress"].(obj)
	require.Equal(t, "open sesame", wordpress["apppassword"])
	require.Equal(t, false, wordpress["_connected"])
	require.Equal(t, false, wordpress["_required_missing"])
	require.Equal(t, true, d["credentials"].(obj)["gmail"].(obj)["optional"])

	a.upsert(guid, [3]string{"wordpress", "apppassword", ""}).must(t)
	require.EqualValues(t, setup, a.mine(guid)["status"], "clearing a field asks for it again")
}

func TestBadCredentialRowsAreLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager")
	out := a.post("UserAgent/CredentialUpsert", obj{"useragentguid": guid, "fields": []any{
		obj{"credentialkey": "twitter", "fieldname": "clientid", "fieldvalue": "c"},
		obj{"credentialkey": "telegram", "fieldname": "allowedusers", "fieldvalue": `["1","2"]`},
		obj{"credentialkey": "twitter", "fieldname": "_isoptional", "fieldvalue": "1"},
		obj{"credentialkey": "twitter", "fieldname": "accesstoken", "fieldvalue": "x"},
		obj{"credentialkey": "twitter", "fieldname": "clientid", "fieldvalue": "x", "fieldstatus": "oauth_app"},
		obj{"credentialkey": "wiro", "fieldname": "apiKey", "fieldvalue": "x"},
		obj{"credentialkey": "myspace", "fieldname": "user", "fieldvalue": "x"},
		obj{"credentialkey": "twitter", "fieldname": "shoesize", "fieldvalue": "x"},
		obj{"credentialkey": "telegram", "fieldname": "allowedusers", "fieldvalue": []string{"1"}},
		obj{"credentialkey": "twitter", "fieldname": "xusername", "fieldvalue": "x"},
		obj{"credentialkey": "google-drive", "fieldname": "folders", "fieldvalue": `[{"id":"x"}]`},
		obj{"credentialkey": "google-drive", "fieldname": "id", "fieldvalue": "x"},
		obj{"credentialkey": "google-drive", "parentfield": "folders", "ordinal": -1, "fieldname": "id", "fieldvalue": "x"},
	}})
	require.Equal(t, true, out.body["result"], "the others were written")
	require.EqualValues(t, 2, out.body["applied"])
	require.Equal(t, []any{
		"agent-fieldname-reserved", "agent-fieldstatus-not-allowed-for-role", "agent-fieldstatus-not-allowed-for-role",
		"agent-fieldstatus-not-allowed-for-role", "agent-credential-not-found", "agent-credential-field-not-found",
		"agent-fieldvalue-not-a-string", "agent-fieldstatus-not-allowed-for-role", "agent-credential-field-not-found",
		"agent-credential-field-not-found", "agent-credential-field-not-found",
	}, pluck(out.body["errors"], "message"))
	creds := a.mine(guid)["credentials"].(obj)
	require.Equal(t, "c", creds["twitter"].(obj)["clientid"])
	require.Equal(t, `["1","2"]`, creds["sys-telegram"].(obj)["allowedusers"])

	out = a.upsert(guid, [3]string{"wiro", "apiKey", "x"})
	require.Equal(t, false, out.body["result"], "nothing was written")
	require.EqualValues(t, 0, out.body["applied"])
	a.refusals([]refusal{{"UserAgent/CredentialUpsert", obj{"useragentguid": guid}, 0, "Request parameter [fields] required"}})
}

func TestNestedCredentials(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("push-notification-manager")
	account := base64.StdEncoding.EncodeToString([]byte(`{"project_id":"shop","client_email":"x@shop.example"}`))
	row := func(parent string, ordinal int, name, value string) obj {
		return obj{"credentialkey": "firebase", "parentfield": parent, "ordinal": ordinal, "fieldname": name, "fieldvalue": value}
	}
	a.ok("UserAgent/CredentialUpsert", obj{"useragentguid": guid, "fields": []obj{
		row("accounts", 0, "appname", "Shop"), row("accounts.0.apps", 1, "platform", "android"), row("accounts.0.apps", 0, "platform", "ios"),
	}})
	require.EqualValues(t, setup, a.mine(guid)["status"], "the account lacks its key, the apps their ids")
	a.ok("UserAgent/CredentialUpsert", obj{"useragentguid": guid, "fields": []obj{
		row("accounts", 0, "serviceaccountjsonbase64", account), row("accounts.0.apps", 0, "id", "1"), row("accounts.0.apps", 1, "id", "2"),
	}})
	d := a.mine(guid)
	require.EqualValues(t, stopped, d["status"])
	accounts := objects(d["credentials"].(obj)["firebase"].(obj)["accounts"])
	require.Len(t, accounts, 1)
	require.Equal(t, "shop", accounts[0]["projectid"], "read out of the key")
	require.Equal(t, []any{obj{"platform": "ios", "id": "1"}, obj{"platform": "android", "id": "2"}}, accounts[0]["apps"])
	require.Empty(t, accounts[0]["topics"])
}

func TestOneOfSeveralCredentialsIsEnough(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("newsletter-manager")
	optional := func(key string) any { return a.mine(guid)["credentials"].(obj)[key].(obj)["optional"] }
	require.Equal(t, false, optional("sendgrid"))
	a.upsert(guid, [3]string{"mailchimp", "apiKey", "k-us14"}).must(t)
	require.EqualValues(t, stopped, a.mine(guid)["status"])
	require.Equal(t, true, optional("sendgrid"))
	require.Equal(t, false, optional("mailchimp"))
}

func TestCredentialHistoryRedactsOwnAppsAlone(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	guid := a.deploy("social-manager")
	a.upsert(guid, [3]string{"twitter", "clientid", "visible"}, [3]string{"twitter", "clientsecret", "hidden"}).must(t)
	a.s.Advance(time.Hour)
	a.upsert(guid, [3]string{"twitter", "clientid", "newer"}).must(t)
	entries := objects(a.ok("UserAgent/CredentialFieldHistory", obj{"useragentguid": guid, "credentialkey": "twitter"})["entries"])
	require.Equal(t, []any{"newer", "[REDACTED]", "visible"}, []any{entries[0]["fieldvalue"], entries[1]["fieldvalue"], entries[2]["fieldvalue"]})
	require.Equal(t, "oauth_app", entries[1]["fieldstatus"])
	require.Equal(t, "ada", entries[0]["changedby_user"].(obj)["username"])
	require.Equal(t, "hidden", a.mine(guid)["credentials"].(obj)["twitter"].(obj)["clientsecret"])

	old := a.ok("UserAgent/CredentialFieldHistory", obj{"useragentguid": guid, "credentialkey": "twitter", "enddate": time.Now().Unix()})
	require.Len(t, old["entries"], 2)
	require.Empty(t, a.ok("UserAgent/CredentialFieldHistory", obj{"useragentguid": guid, "credentialkey": "wiro"})["entries"])
	system := objects(a.ok("UserAgent/CredentialFieldHistory", obj{"useragentguid": guid, "credentialkey": "gmail"})["entries"])
	require.Equal(t, "system", system[0]["changedby"])
	require.Nil(t, system[0]["changedby_user"])
	a.refusals([]refusal{{"UserAgent/CredentialFieldHistory", obj{"useragentguid": guid}, 0, "Request parameter [credentialkey] required"}})
}
