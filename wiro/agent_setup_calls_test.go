package wiro_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// TestSetUpCallsSendWhatTheDocumentationAsksFor holds path and body of each.
func TestSetUpCallsSendWhatTheDocumentationAsksFor(t *testing.T) {
	t.Parallel()
	yes, no, empty := true, false, ""
	two := 2
	tests := []struct {
		path string
		body string
		call func(t *testing.T, c *wiro.Client) error
	}{
		{"Credentials/List", `{"credential_mode": "oauth", "wiro_connect_pending": false}`, func(t *testing.T, c *wiro.Client) error {
			_, err := c.Credentials.List(t.Context(), wiro.CredentialQuery{Mode: "oauth", WiroConnectPending: &no})
			return err
		}},
		{"Credentials/Detail", `{"key": "gmail"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Credentials.Get(t.Context(), "gmail")) }},
		{"Skills/CredentialSchema", `{"name": "int-gmail-check"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Credentials.ForSkill(t.Context(), "int-gmail-check"))
		}},
		{"Skills/List", `{"category": "int", "capability": "web_publishing", "user_invocable": true, "requires_credentials": false,
			"wiro_connect_pending": true, "name_in": ["a", "b"]}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Skills.List(t.Context(), wiro.SkillQuery{Category: "int", Capability: "web_publishing",
				UserInvocable: &yes, RequiresCredentials: &no, WiroConnectPending: &yes, Names: []string{"a", "b"}}))
		}},
		{"Skills/Detail", `{"name": "util-x"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Skills.Get(t.Context(), "util-x")) }},
		{"Skills/Capabilities", `{}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Skills.Capabilities(t.Context())) }},
		{"UserAgent/CredentialUpsert", `{"useragentguid": "ua1", "fields": [
			{"credentialkey": "firebase", "fieldname": "id", "fieldvalue": "com.example", "parentfield": "accounts.0.apps", "ordinal": 2},
			{"credentialkey": "wordpress", "fieldname": "user", "fieldvalue": ""}]}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Credentials.Set(t.Context(), "ua1", []wiro.CredentialValue{
				{Credential: "firebase", Field: "id", Value: "com.example", Parent: "accounts.0.apps", Ordinal: &two},
				{Credential: "wordpress", Field: "user"}}))
		}},
		{"UserAgent/CredentialFieldHistory", `{"useragentguid": "ua1", "credentialkey": "gmail", "startdate": 100, "enddate": 200}`,
			func(t *testing.T, c *wiro.Client) error {
				return ignore(c.Credentials.History(t.Context(), "ua1", "gmail", wiro.Period{From: time.Unix(100, 0), To: time.Unix(200, 0)}))
			}},
		{"UserAgent/CustomSkillUpsert", `{"useragentguid": "ua1", "skillkey": "cron-x", "interval": "", "enabled": false}`,
			func(t *testing.T, c *wiro.Client) error {
				return c.Skills.SetCustom(t.Context(), wiro.CustomSkillChange{UserAgentGUID: "ua1", Key: "cron-x", Interval: &empty, Enabled: &no})
			}},
		{"UserAgent/CustomSkillRename", `{"useragentguid": "ua1", "oldskillkey": "cs-a", "newskillkey": "cs-b", "description": ""}`,
			func(t *testing.T, c *wiro.Client) error {
				return ignore(c.Skills.RenameCustom(t.Context(), wiro.CustomSkillRename{UserAgentGUID: "ua1", From: "cs-a", To: "cs-b", Description: &empty}))
			}},
		{"UserAgent/CustomSkillDelete", `{"useragentguid": "ua1", "skillkey": "cron-x"}`, func(t *testing.T, c *wiro.Client) error {
			return c.Skills.DeleteCustom(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "ua1", Key: "cron-x"})
		}},
		{"UserAgent/CustomSkillHistory", `{"useragentguid": "ua1", "skillkey": "cs-a", "enddate": 9}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Skills.CustomHistory(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "ua1", Key: "cs-a"}, wiro.Period{To: time.Unix(9, 0)}))
		}},
		{"UserAgent/CustomSkillRevert", `{"useragentguid": "ua1", "skillkey": "cs-a", "source": "preset"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Skills.RevertCustom(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "ua1", Key: "cs-a"}, ""))
		}},
		{"UserAgent/CustomSkillRevert", `{"useragentguid": "ua1", "skillkey": "cs-a", "source": "history", "versionguid": "v1"}`,
			func(t *testing.T, c *wiro.Client) error {
				return ignore(c.Skills.RevertCustom(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "ua1", Key: "cs-a"}, "v1"))
			}},
		{"UserAgent/SkillsApply", `{"useragentguid": "ua1", "skills": {"int-a": true, "int-b": false}, "tier": "pro", "idempotencyKey": "k1"}`,
			func(t *testing.T, c *wiro.Client) error {
				return ignore(c.Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "ua1", Tier: "pro", IdempotencyKey: "k1",
					Skills: map[string]bool{"int-a": true, "int-b": false}}))
			}},
		{"UserAgentOAuth/LIConnect", `{"useragentguid": "ua1", "redirecturl": "https://app.example.com/cb", "authmethod": "own"}`,
			func(t *testing.T, c *wiro.Client) error {
				return ignore(c.Credentials.Connect(t.Context(), wiro.LinkedIn, wiro.ConnectRequest{UserAgentGUID: "ua1", RedirectURL: "https://app.example.com/cb", AuthMethod: "own"}))
			}},
		{"UserAgentOAuth/MCDisconnect", `{"useragentguid": "ua1"}`, func(t *testing.T, c *wiro.Client) error {
			return c.Credentials.Disconnect(t.Context(), wiro.GoogleMerchantCenter, "ua1")
		}},
		{"UserAgentOAuth/TokenRefresh", `{"useragentguid": "ua1", "provider": "google-ads"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Credentials.RefreshTokens(t.Context(), wiro.GoogleAds, "ua1"))
		}},
		{"UserAgentOAuth/GoogleDriveListFolders", `{"useragentguid": "ua1", "serviceaccountjsonbase64": "eyJ0"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Credentials.DriveFolders(t.Context(), "ua1", "eyJ0"))
		}},
		{"UserAgentOAuth/GAdsSetCustomerId", `{"useragentguid": "ua1", "customerid": "123-456", "customerdescriptivename": "A"}`, pick(wiro.GoogleAds, "123-456", "A")},
		{"UserAgentOAuth/MetaAdsSetAdAccount", `{"useragentguid": "ua1", "adaccountid": "act_9", "adaccountname": "A"}`, pick(wiro.MetaAds, "act_9", "A")},
		{"UserAgentOAuth/FBSetPage", `{"useragentguid": "ua1", "pageid": "9"}`, pick(wiro.FacebookPages, "9", "")},
		{"UserAgentOAuth/YTSetChannel", `{"useragentguid": "ua1", "channelid": "UC9", "channeltitle": "A"}`, pick(wiro.YouTube, "UC9", "A")},
		{"UserAgentOAuth/GA4SetProperty", `{"useragentguid": "ua1", "propertyid": "9", "propertydisplayname": "A"}`, pick(wiro.GoogleAnalytics, "9", "A")},
		{"UserAgentOAuth/MCSetMerchantId", `{"useragentguid": "ua1", "merchantid": "9", "accountname": "A"}`, pick(wiro.GoogleMerchantCenter, "9", "A")},
		{"Organization/Create", `{"name": "Navy"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Teams.CreateOrganization(t.Context(), "Navy"))
		}},
		{"Organization/Restore", `{"organizationguid": "o1"}`, func(t *testing.T, c *wiro.Client) error { return c.Teams.RestoreOrganization(t.Context(), "o1") }},
		{"Team/Create", `{"organizationguid": "o1", "name": "A"}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Teams.Create(t.Context(), "o1", "A")) }},
		{"Team/Member/Invite", `{"teamguid": "t1", "email": "ada@example.com", "role": "admin"}`, func(t *testing.T, c *wiro.Client) error {
			return c.Teams.Invite(t.Context(), "t1", "ada@example.com", wiro.TeamAdmin)
		}},
		{"Team/Update", `{"teamguid": "t1", "modelaccess": "allowlist", "allowedmodelids": ["1", "2"], "blockedmodelids": []}`, func(t *testing.T, c *wiro.Client) error {
			return c.Teams.Update(t.Context(), "t1", wiro.TeamUpdate{ModelAccess: wiro.ModelsAllowlist, AllowedModelIDs: []string{"1", "2"}, BlockedModelIDs: []string{}})
		}},
		{"Team/SpendingSummary", `{}`, func(t *testing.T, c *wiro.Client) error { return ignore(c.Teams.Spending(t.Context(), "")) }},
		{"Team/TransferAgent", `{"useragentguid": "ua1", "targetteamguid": ""}`, func(t *testing.T, c *wiro.Client) error { return c.Teams.TransferAgent(t.Context(), "ua1", "") }},
		{"Team/TransferProject", `{"projectapikey": "pk", "targetteamguid": "t1"}`, func(t *testing.T, c *wiro.Client) error { return c.Teams.TransferProject(t.Context(), "pk", "t1") }},
		{"Team/TransferCredit", `{"amount": 12.5, "sourceteamguid": "t1"}`, func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Teams.TransferCredit(t.Context(), wiro.CreditTransfer{AmountUSD: 12.5, From: "t1"}))
		}},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			t.Parallel()
			o := answering(t, `{"result": true, "errors": [], "skill": {}, "credential": {}, "authorizeUrl": "https://x.example/a", "tier": "pro", "transferred": {"total": 1}}`)
			require.NoError(t, test.call(t, o.Client))
			path, body := o.only(t)
			require.Equal(t, test.path, path)
			sent, err := json.Marshal(body)
			require.NoError(t, err)
			require.JSONEq(t, test.body, string(sent))
		})
	}
}

func ignore[T any](_ T, err error) error { return err }

func pick(k wiro.OAuthProvider, id, name string) func(t *testing.T, c *wiro.Client) error {
	return func(t *testing.T, c *wiro.Client) error {
		_, err := c.Credentials.SelectAccount(t.Context(), k, "ua1", wiro.Account{ID: id, Name: name})
		return err
	}
}

// TestBlankNamesAreRefusedBeforeAnythingIsSent holds for everything that Wiro needs a name for.
func TestBlankNamesAreRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result": true}`)
	for name, err := range map[string]error{
		"CredentialType":     ignore(o.Credentials.Get(t.Context(), " ")),
		"SkillCredential":    ignore(o.Credentials.ForSkill(t.Context(), "")),
		"Skill":              ignore(o.Skills.Get(t.Context(), "")),
		"SetCredentials":     ignore(o.Credentials.Set(t.Context(), "", []wiro.CredentialValue{{Credential: "a", Field: "b"}})),
		"no fields":          ignore(o.Credentials.Set(t.Context(), "ua1", nil)),
		"no credential":      ignore(o.Credentials.Set(t.Context(), "ua1", []wiro.CredentialValue{{Field: "b"}})),
		"reserved field":     ignore(o.Credentials.Set(t.Context(), "ua1", []wiro.CredentialValue{{Credential: "a", Field: "_b"}})),
		"CredentialHistory":  ignore(o.Credentials.History(t.Context(), "ua1", "", wiro.Period{})),
		"SetCustomSkill":     o.Skills.SetCustom(t.Context(), wiro.CustomSkillChange{UserAgentGUID: "ua1"}),
		"RenameCustomSkill":  ignore(o.Skills.RenameCustom(t.Context(), wiro.CustomSkillRename{UserAgentGUID: "ua1", From: "a", To: ""})),
		"DeleteCustomSkill":  o.Skills.DeleteCustom(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "ua1", Key: ""}),
		"CustomSkillHistory": ignore(o.Skills.CustomHistory(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "", Key: "a"}, wiro.Period{})),
		"RevertCustomSkill":  ignore(o.Skills.RevertCustom(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "ua1", Key: ""}, "")),
		"ApplySkills":        ignore(o.Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "ua1"})),
		"Connect":            ignore(o.Credentials.Connect(t.Context(), wiro.Twitter, wiro.ConnectRequest{RedirectURL: "https://a.example"})),
		"Connection":         ignore(o.Credentials.Status(t.Context(), wiro.Twitter, "")),
		"Disconnect":         o.Credentials.Disconnect(t.Context(), wiro.Twitter, ""),
		"Pick":               pick(wiro.YouTube, " ", "")(t, o.Client),
		"nothing to pick":    pick(wiro.Twitter, "1", "")(t, o.Client),
		"RefreshTokens":      ignore(o.Credentials.RefreshTokens(t.Context(), wiro.Twitter, "")),
		"Mailchimp's tokens": ignore(o.Credentials.RefreshTokens(t.Context(), wiro.Mailchimp, "ua1")),
		"DriveFolders":       ignore(o.Credentials.DriveFolders(t.Context(), "", "")),
		"CreateOrganization": ignore(o.Teams.CreateOrganization(t.Context(), "")),
		"Restore":            o.Teams.RestoreOrganization(t.Context(), ""),
		"CreateTeam":         ignore(o.Teams.Create(t.Context(), "", "A")),
		"InviteTeamMember":   o.Teams.Invite(t.Context(), "t1", "", "admin"),
		"UpdateTeam":         o.Teams.Update(t.Context(), "", wiro.TeamUpdate{}),
		"TransferAgent":      o.Teams.TransferAgent(t.Context(), "", "t1"),
		"TransferProject":    o.Teams.TransferProject(t.Context(), "", "t1"),
		"nothing to move":    ignore(o.Teams.TransferCredit(t.Context(), wiro.CreditTransfer{To: "t1"})),
		"to where it is":     ignore(o.Teams.TransferCredit(t.Context(), wiro.CreditTransfer{AmountUSD: 1})),
	} {
		_, ok := errors.AsType[*wiro.InputError](err)
		require.True(t, ok, "%s: %v", name, err)
	}
	paths, _ := o.seen()
	require.Empty(t, paths)
}

func TestConnectRefusesAddressesThatWiroWouldNotReturnTo(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result": true, "authorizeUrl": "https://x.example/authorize"}`)
	for _, address := range []string{"", "app.example.com/cb", "http://app.example.com/cb", "javascript:alert(1)",
		"https://", "http://localhost.example.com", "ftp://localhost/", "https://user:pw@app.example.com/", "http://10.0.0.1/"} {
		_, err := o.Credentials.Connect(t.Context(), wiro.Twitter, wiro.ConnectRequest{UserAgentGUID: "ua1", RedirectURL: address})
		require.ErrorContains(t, err, "redirecturl", address)
	}
	paths, _ := o.seen()
	require.Empty(t, paths)
	for _, address := range []string{"https://app.example.com/cb?x=1", "http://localhost:3000/cb", "http://127.0.0.1/"} {
		to, err := o.Credentials.Connect(t.Context(), wiro.Twitter, wiro.ConnectRequest{UserAgentGUID: "ua1", RedirectURL: address})
		require.NoError(t, err, address)
		require.Equal(t, "https://x.example/authorize", to)
	}
}

func TestASkillChangeIsRepeatedWithTheSameKeyAlone(t *testing.T) {
	t.Parallel()
	const answer = `{"result": true, "errors": [], "tier": "pro"}`
	o := answering(t, answer)
	o.set(answer, 2)
	applied, err := o.Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "ua1", Skills: map[string]bool{"int-a": true}})
	require.NoError(t, err)
	_, bodies := o.seen()
	require.Len(t, bodies, 3)
	require.NotEmpty(t, applied.IdempotencyKey)
	for _, body := range bodies {
		require.Equal(t, applied.IdempotencyKey, body["idempotencyKey"])
	}

	again, err := o.Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "ua1", Skills: map[string]bool{"int-a": true}})
	require.NoError(t, err)
	require.NotEqual(t, applied.IdempotencyKey, again.IdempotencyKey, "another change has another key")

	o.set(answer, 1000)
	failed, err := o.Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "ua1", Skills: map[string]bool{"int-a": true}})
	require.Error(t, err)
	require.NotEmpty(t, failed.IdempotencyKey, "it can be repeated all the same")
}

// TestWhatMustNotHappenTwiceIsSentOnce drops the connection after the request has arrived.
func TestWhatMustNotHappenTwiceIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(t *testing.T, c *wiro.Client) error{
		"CreateOrganization": func(t *testing.T, c *wiro.Client) error { return ignore(c.Teams.CreateOrganization(t.Context(), "A")) },
		"CreateTeam":         func(t *testing.T, c *wiro.Client) error { return ignore(c.Teams.Create(t.Context(), "o1", "A")) },
		"InviteTeamMember": func(t *testing.T, c *wiro.Client) error {
			return c.Teams.Invite(t.Context(), "t1", "a@b.example", "member")
		},
		"TransferAgent":   func(t *testing.T, c *wiro.Client) error { return c.Teams.TransferAgent(t.Context(), "ua1", "t1") },
		"TransferProject": func(t *testing.T, c *wiro.Client) error { return c.Teams.TransferProject(t.Context(), "pk", "t1") },
		"TransferCredit": func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Teams.TransferCredit(t.Context(), wiro.CreditTransfer{AmountUSD: 5, To: "t1"}))
		},
		"RenameCustomSkill": func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Skills.RenameCustom(t.Context(), wiro.CustomSkillRename{UserAgentGUID: "ua1", From: "cs-a", To: "cs-b"}))
		},
		"RefreshTokens": func(t *testing.T, c *wiro.Client) error {
			return ignore(c.Credentials.RefreshTokens(t.Context(), wiro.Twitter, "ua1"))
		},
		"a Facebook page": pick(wiro.FacebookPages, "9", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := answering(t, `{"result": true}`)
			o.set(`{"result": true}`, 1)
			require.ErrorIs(t, call(t, o.Client), wiro.ErrUnknownOutcome)
			paths, _ := o.seen()
			require.Len(t, paths, 1)
		})
	}
}

func TestAnUnknownNameOfTheRegistryIsNotFound(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result": false, "errors": [{"code": 404, "message": "Skill not found: int-x"}]}`)
	_, err := o.Skills.Get(t.Context(), "int-x")
	require.ErrorIs(t, err, wiro.ErrNotFound)
	o.set(`{"result": true, "errors": []}`, 0)
	_, err = o.Credentials.Get(t.Context(), "x")
	require.ErrorIs(t, err, wiro.ErrNotFound)
}

func TestATeamsSpendingIsAskedForInItsContext(t *testing.T) {
	t.Parallel()
	o := answering(t, `{"result": true, "teamTotal": 5, "spendLimit": null}`)
	spending, err := o.Teams.Spending(t.Context(), "t1")
	require.NoError(t, err)
	require.Nil(t, spending.SpendLimit, "no limit is not a limit of 0")
	_, body := o.only(t)
	require.Equal(t, map[string]any{"teamguid": "t1"}, body)
	o.mu.Lock()
	defer o.mu.Unlock()
	require.Equal(t, []string{"t1"}, o.teams)
}

// TestWhateverFormACreationIsAnsweredInItsGUIDIsFound: the documentation shows none.
func TestWhateverFormACreationIsAnsweredInItsGUIDIsFound(t *testing.T) {
	t.Parallel()
	for _, form := range []string{
		`"guid": "g1"`, `"%[1]sguid": "g1"`, `"%[1]s": {"guid": "g1", "name": "Kept"}`, `"%[1]ss": [{"guid": "g1"}]`, `"%[1]s": "odd", "guid": "g1"`,
	} {
		o := answering(t, `{"result": true, "errors": [], `+fmt.Sprintf(form+"%[2]s", "organization", "")+`}`)
		organization, err := o.Teams.CreateOrganization(t.Context(), "Kept")
		require.NoError(t, err, form)
		require.Equal(t, wiro.Organization{GUID: "g1", Name: "Kept"}, organization, form)
		o.set(`{"result": true, "errors": [], `+fmt.Sprintf(form+"%[2]s", "team", "")+`}`, 0)
		team, err := o.Teams.Create(t.Context(), "o1", "Kept")
		require.NoError(t, err, form)
		require.Equal(t, wiro.Team{GUID: "g1", Name: "Kept", OrganizationGUID: "o1"}, team, form)
	}
}

// What a caller hands over, and what Wiro must never be heard repeating.
const (
	password = `abcd "efgh" ijkl&mnop`
	pem      = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nq7Zs9Lm2Xw4TtVb8YhNc3RfGk6PdJx1E\n-----END PRIVATE KEY-----\n"
	pin      = "4711"
)

func TestNoErrorRepeatsACredentialThatIsBeingSet(t *testing.T) {
	t.Parallel()
	values := []wiro.CredentialValue{
		{Credential: "wordpress", Field: "apppassword", Value: password},
		{Credential: "apple-appstore", Field: "privatekeybase64", Value: pem},
		{Credential: "bank", Field: "pin", Value: pin},
	}
	quote := func(text string) string {
		data, err := json.Marshal(text)
		require.NoError(t, err)
		return string(data)
	}
	for name, answer := range map[string]string{
		"in the message":           `{"result": false, "errors": [{"message": ` + quote("Invalid value "+password+" or "+pin+".") + `}]}`,
		"cut short":                `{"result": false, "errors": [{"message": ` + quote("Invalid value "+password[:16]+"… near "+pem[40:70]) + `}]}`,
		"as JSON in the message":   `{"result": false, "errors": [{"message": ` + quote("bad row "+quote(password)+quote(pem)) + `}]}`,
		"for HTML":                 `<html><body>` + `abcd &#34;efgh&#34; ijkl&amp;mnop` + pem + pin + `</body></html>`,
		"in broken JSON":           `{"fields": [` + quote(password) + `, ` + quote(pem) + `, ` + quote(pin),
		"in another shape":         `{"result": true, "applied": {}, "echo": ` + quote(password) + `}`,
		"beyond the shown start":   `{"a": "` + fmt.Sprintf("%190s", "") + `" ` + pem,
		"for a row that it skips":  `{"result": true, "applied": 2, "errors": [{"message": ` + quote("skipped "+password+", pin "+pin) + `}]}`,
		"where the pin is a piece": `{"result": false, "errors": [{"message": "Order 147112 failed, pin 4711."}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusBadGateway} {
				o := answering(t, answer)
				o.status = status
				set, err := o.Credentials.Set(t.Context(), "ua1", values)
				said := fmt.Sprint(set.Refused)
				if err != nil {
					said += errorsOf(err)
				}
				for _, part := range []string{"abcd", "efgh", "ijkl", "mnop", "MIIE", "q7Zs9", "PdJx1", " 4711"} {
					require.NotContains(t, said, part)
				}
			}
		})
	}

	o := answering(t, `{"result": false, "errors": [{"message": "Order 147112 failed: no credential wordpress."}]}`)
	_, err := o.Credentials.Set(t.Context(), "ua1", values)
	require.ErrorContains(t, err, "Order 147112 failed: no credential wordpress.", "other words stay")
}

func TestNoErrorShowsTokensOrKeys(t *testing.T) {
	t.Parallel()
	const token, key = "EAABsbCS1iHgBAKZC7token", "ewogICJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCIK"
	for _, answer := range []string{
		`{"result": true, "accesstoken": "` + token + `", `,
		`{"result": true, "accesstoken": "` + token + `"} {`,
		`<p>` + token + key + `</p>`,
		`[{"accesstoken": "` + token + `"}]`,
	} {
		o := answering(t, answer)
		_, err := o.Credentials.RefreshTokens(t.Context(), wiro.MetaAds, "ua1")
		require.Error(t, err)
		require.NotContains(t, errorsOf(err), token)
		_, err = o.Credentials.Status(t.Context(), wiro.MetaAds, "ua1")
		require.Error(t, err)
		require.NotContains(t, errorsOf(err), token)
	}
	o := answering(t, `{"result": false, "errors": [{"message": "Bad key `+key+`"}]}`)
	_, err := o.Credentials.DriveFolders(t.Context(), "ua1", key)
	require.Error(t, err)
	require.NotContains(t, errorsOf(err), "c2VydmljZV9hY2NvdW50")
	require.NotContains(t, errorsOf(o.Teams.TransferProject(t.Context(), key, "t1")), "c2VydmljZV9hY2NvdW50")

	o.set(`{"result": true, "accesstoken": "`+token+`", "refreshtoken": 12345678901}`, 0)
	tokens, err := o.Credentials.RefreshTokens(t.Context(), wiro.MetaAds, "ua1")
	require.NoError(t, err)
	require.Equal(t, token, tokens.Access.Reveal())
	require.Equal(t, "12345678901", tokens.Refresh.Reveal())
	shown, err := json.Marshal(tokens)
	require.NoError(t, err)
	require.NotContains(t, string(shown)+fmt.Sprintf("%v %+v %#v", tokens, tokens, tokens), token)
}
