package wiro_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

const pinterestCredential = `{
  "key": "pinboard", "title": "Pinboard", "icon": "/img/pinboard.svg",
  "brand_color": "#bd081c", "brand_text_color": "#fefefe", "brand_logo_filter": "invert(1)",
  "docs_url": "integration-pinboard-skills", "credential_mode": "hybrid",
  "connection_modes": ["wiro", "own"], "wiro_connect_pending": true,
  "credential_schema": [
    {"key": "appid", "type": "text", "label": "App", "required": true, "pattern": "^[0-9]{6}$",
     "help": "Developer console, first page.", "oauth_managed": true, "only_in_modes": ["own"]},
    {"key": "appsecret", "type": "password", "label": "App secret", "required": true, "show_toggle": true,
     "placeholder": "32 letters", "oauth_managed": true, "only_in_modes": ["own"]},
    {"key": "mode", "type": "select", "label": "Mode", "default": "daily",
     "options": [{"label": "Every day", "value": "daily"}, {"label": "Now and then", "value": "rare"}]},
    {"key": "boards", "type": "list", "label": "Boards", "fields": [{"key": "id", "type": "text", "label": "Board"}]},
    {"key": "pinname", "type": "text", "label": "Account", "required": false,
     "auto_filled_by_oauth": true, "readonly_when_connected": true}
  ],
  "oauth_provider": {
    "auth_method_value": "wiro", "connect_endpoint": "/UserAgentOAuth/PBConnect",
    "disconnect_endpoint": "/UserAgentOAuth/PBDisconnect", "status_endpoint": "/UserAgentOAuth/PBStatus",
    "connect_button_label": "Link Pinboard", "connect_button_icon": "/img/pinboard-b.svg",
    "connect_button_brand_color": "#bd081d", "connect_button_text_color": "#fdfdfd",
    "connect_button_logo_filter": "sepia(1)", "username_field": "pinname",
    "return_query_param": "pb_connected", "return_error_param": "pb_error",
    "return_error_detail_param": "pb_error_detail", "account_picker": {"field": "boardid"}, "extra_step": "verify"
  },
  "used_by_skills": ["int-pinboard-post", "int-pinboard-read"]
}`

const pinterestSkill = `{
  "name": "int-pinboard-post", "category": "int", "version": "2.1.0", "title": "Pinboard posts",
  "description": "Pins pictures to boards.", "icon": "/img/pinboard.svg", "brand_color": "#bd081c",
  "brand_text_color": "#fefefe", "brand_logo_filter": "invert(1)", "docs_url": "integration-pinboard-skills",
  "requires_credentials": true, "credential_key": "pinboard", "additional_credential_keys": ["mood"],
  "capabilities": ["social_publishing", "image_generation"], "depends_on": ["util-crop"],
  "conflicts_with": ["int-scrapbook"], "user_invocable": true, "deprecated": true, "replacement": "int-pinboard-pro",
  "pricing": {"monthly_price_weight_usd": 3.25, "monthly_credits_weight": 140,
    "credit_costs": {"message": 4, "create": 31, "modify": 16, "regenerate": 30}}
}`

const grace = `{"uuid": "u-grace", "firstname": "Grace", "lastname": "Hopper", "email": "grace@example.com",
  "username": "grace", "avatar": "https://cdn.example.com/g.webp", "avatarinitials": "GH"}`

// TestNothingThatWiroSaysAboutSetUpIsLost holds the decoded answers against the answers.
func TestNothingThatWiroSaysAboutSetUpIsLost(t *testing.T) {
	t.Parallel()
	wrap := func(members string) string { return `{"result": true, "errors": [], ` + members + `}` }
	tests := map[string]struct {
		answer string
		part   string // of the answer, that value holds
		call   func(t *testing.T, c *wiro.Client) (any, error)
	}{
		"Credentials/List": {
			answer: wrap(`"total": "31", "credentials": [` + pinterestCredential + `]`),
			part:   `{"total": 31, "credentials": [` + pinterestCredential + `]}`,
			call: func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Credentials.List(t.Context(), wiro.CredentialQuery{})
			},
		},
		"Credentials/Detail": {
			answer: wrap(`"credential": ` + pinterestCredential), part: pinterestCredential,
			call: func(t *testing.T, c *wiro.Client) (any, error) { return c.Credentials.Get(t.Context(), "pinboard") },
		},
		"Skills/CredentialSchema": {
			answer: wrap(`"credential": ` + pinterestCredential), part: pinterestCredential,
			call: func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Credentials.ForSkill(t.Context(), "int-pinboard-post")
			},
		},
		"Skills/List": {
			answer: wrap(`"total": 12, "skills": [` + pinterestSkill + `]`),
			part:   `{"total": 12, "skills": [` + pinterestSkill + `]}`,
			call:   func(t *testing.T, c *wiro.Client) (any, error) { return c.Skills.List(t.Context(), wiro.SkillQuery{}) },
		},
		"Skills/Detail": {
			answer: wrap(`"skill": ` + pinterestSkill), part: pinterestSkill,
			call: func(t *testing.T, c *wiro.Client) (any, error) { return c.Skills.Get(t.Context(), "int-pinboard-post") },
		},
		"Skills/Detail with the other names of its prices": {
			answer: wrap(`"skill": {"name": "util-crop", "pricing": {"base_price_usd": "1.5", "base_credits": "20"}}`),
			part:   `{"name": "util-crop", "pricing": {"base_price_usd": 1.5, "base_credits": 20}}`,
			call:   func(t *testing.T, c *wiro.Client) (any, error) { return c.Skills.Get(t.Context(), "util-crop") },
		},
		"Skills/Capabilities": {
			answer: wrap(`"capabilities": [{"name": "image_generation", "description": "Makes pictures"}]`),
			part:   `[{"name": "image_generation", "description": "Makes pictures"}]`,
			call:   func(t *testing.T, c *wiro.Client) (any, error) { return c.Skills.Capabilities(t.Context()) },
		},
		"UserAgent/CredentialFieldHistory": {
			answer: wrap(`"entries": [{"guid": "h1", "useragentguid": "ua1", "credentialkey": "firebase", "fieldname": "platform",
				"fieldvalue": "ios", "fieldstatus": "user", "parentfield": "accounts.0.apps", "ordinal": 2, "operation": "upsert",
				"changedby": "u-grace", "changedby_user": ` + grace + `, "changedat": 1714694410},
				{"guid": "h2", "fieldname": "id", "changedby": "system", "changedby_user": null, "changedat": "1714600000"}]`),
			part: `[{"guid": "h1", "useragentguid": "ua1", "credentialkey": "firebase", "fieldname": "platform",
				"fieldvalue": "ios", "fieldstatus": "user", "parentfield": "accounts.0.apps", "ordinal": 2, "operation": "upsert",
				"changedby": "u-grace", "changedby_user": ` + grace + `, "changedat": 1714694410},
				{"guid": "h2", "fieldname": "id", "changedby": "system", "changedby_user": null, "changedat": "1714600000"}]`,
			call: func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Credentials.History(t.Context(), "ua1", "firebase", wiro.Period{})
			},
		},
		"UserAgent/CustomSkillHistory": {
			answer: wrap(customSkillHistory), part: `{` + customSkillHistory + `}`,
			call: func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Skills.CustomHistory(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "ua1", Key: "cs-tone"}, wiro.Period{})
			},
		},
		"UserAgent/CustomSkillRevert": {
			answer: wrap(`"action": "reverted", "current_value": "calm", "current_interval": "0 7 * * *", "current_enabled": true`),
			part:   `{"action": "reverted", "current_value": "calm", "current_interval": "0 7 * * *", "current_enabled": true}`,
			call: func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Skills.RevertCustom(t.Context(), wiro.CustomSkillRef{UserAgentGUID: "ua1", Key: "cs-tone"}, "v2")
			},
		},
		"UserAgent/SkillsApply": {
			answer: wrap(skillsApplied), part: `{` + skillsApplied + `}`,
			call: func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Skills.Apply(t.Context(), wiro.SkillsChange{UserAgentGUID: "ua1", Skills: map[string]bool{"int-pinboard-post": true}})
			},
		},
		"UserAgentOAuth/GoogleDriveListFolders": {
			answer: wrap(driveFolders), part: `{` + driveFolders + `}`,
			call: func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Credentials.DriveFolders(t.Context(), "ua1", "")
			},
		},
		"Team/SpendingSummary": {
			answer: wrap(teamSpending), part: `{` + teamSpending + `}`,
			call: func(t *testing.T, c *wiro.Client) (any, error) { return c.Teams.Spending(t.Context(), "t1") },
		},
		"Team/TransferCredit": {
			answer: wrap(`"transferred": {"total": 80, "gifted": 30, "store": 5.5, "amount": "44.5"}`),
			part:   `{"total": 80, "gifted": 30, "store": 5.5, "amount": 44.5}`,
			call: func(t *testing.T, c *wiro.Client) (any, error) {
				return c.Teams.TransferCredit(t.Context(), wiro.CreditTransfer{AmountUSD: 80, To: "t1"})
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			value, err := test.call(t, answering(t, test.answer).Client)
			require.NoError(t, err)
			require.Empty(t, lost(t, test.part, value))
		})
	}
}

const customSkillHistory = `"preset_default": {"value": "# Tone\nwarm", "intervalexpr": "0 6 * * *", "enabled": true, "description": "How it sounds."},
  "entries": [{"guid": "r1", "useragentguid": "ua1", "skillkey": "cs-tone", "operation": "upsert", "value": "# Tone\ncalm",
    "intervalexpr": "0 7 * * *", "enabled": true, "usercreated": true, "prev_value": "# Tone\nwarm", "prev_interval": "0 6 * * *",
    "prev_enabled": true, "after_value": "# Tone\ncalm", "after_interval": "0 7 * * *", "after_enabled": true,
    "changed_fields": ["value", "interval"], "changedby": "u-grace", "changedby_user": ` + grace + `, "changedat": 1714694411}]`

const skillsApplied = `"tier": "pro", "stripeProrationApplied": true, "prepaidWalletDelta": 12.34, "restartTriggered": true, "restartedAt": 1714694520,
  "pricing": {"previousPriceUsd": 8, "newPriceUsd": 33, "deltaUsd": 25, "previousMonthlyCredits": 900, "newMonthlyCredits": 4400,
    "deltaCredits": 3500, "enabledSkills": ["int-pinboard-post", "util-crop"],
    "peractioncosts": {"message": 7, "create": 41, "modify": 13, "regenerate": 40}}`

const driveFolders = `"serviceAccountEmail": "robot@example.iam.gserviceaccount.com", "folders": [
  {"id": "f1", "name": "Pictures", "modifiedTime": "2026-04-10T12:34:00Z", "ownerName": "grace@example.com"}]`

const teamSpending = `"teamTotal": 91.5, "playgroundTotal": 61.25, "apiTotal": 30.25,
  "memberSpent": {"total": 20.5, "playground": 12.5, "api": 8}, "spendLimit": 400, "memberSpendLimit": 90`

// TestEveryServiceSaysWhichAccountIsConnected covers the names that services have for the
// same thing, and both forms of a moment.
func TestEveryServiceSaysWhichAccountIsConnected(t *testing.T) {
	t.Parallel()
	tests := []struct {
		service  wiro.OAuthProvider
		path     string
		members  string
		id, name string
	}{
		{wiro.Twitter, "XStatus", `"username": "grace", "refreshtokenexpiresat": "1730073610"`, "", "grace"},
		{wiro.TikTok, "TikTokStatus", `"username": "Grace H"`, "", "Grace H"},
		{wiro.Instagram, "IGStatus", `"username": "grace.h"`, "", "grace.h"},
		{wiro.FacebookPages, "FBStatus", `"username": "Page B"`, "", "Page B"},
		{wiro.LinkedIn, "LIStatus", `"linkedinname": "Grace Hopper"`, "", "Grace Hopper"},
		{wiro.GoogleAds, "GAdsStatus", `"customerid": "1234567891", "customerdescriptivename": "Navy"`, "1234567891", "Navy"},
		{wiro.MetaAds, "MetaAdsStatus", `"adaccountid": 998877, "adaccountname": "Ads"`, "998877", "Ads"},
		{wiro.HubSpot, "HubSpotStatus", `"username": 12345678`, "", "12345678"},
		{wiro.Mailchimp, "MailchimpStatus", `"username": "Navy Mail"`, "", "Navy Mail"},
		{wiro.YouTube, "YTStatus", `"channelid": "UC1", "channeltitle": "Compilers"`, "UC1", "Compilers"},
		{wiro.GoogleAnalytics, "GA4Status", `"propertyid": "555", "propertydisplayname": "Site"`, "555", "Site"},
		{wiro.GoogleMerchantCenter, "MCStatus", `"merchantid": "777", "accountname": "Shop"`, "777", "Shop"},
	}
	require.Len(t, tests, len(wiro.OAuthProviders()))
	for _, test := range tests {
		t.Run(string(test.service), func(t *testing.T) {
			t.Parallel()
			members := test.members + `, "connected": true, "connectedat": "2026-04-17T12:00:00.000Z", "tokenexpiresat": "1719878410"`
			o := answering(t, `{"result": true, "errors": [], `+members+`}`)
			connection, err := o.Credentials.Status(t.Context(), test.service, "ua1")
			require.NoError(t, err)
			path, body := o.only(t)
			require.Equal(t, "UserAgentOAuth/"+test.path, path)
			require.Equal(t, map[string]any{"useragentguid": "ua1"}, body)
			require.Equal(t, test.id, connection.Account().ID)
			require.Equal(t, test.name, connection.Account().Name)
			require.Empty(t, lost(t, `{`+members+`}`, connection))
		})
	}
}

func TestAnUnknownServiceIsRefusedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, err := answering(t, `{"result": true}`).Credentials.Status(t.Context(), "myspace", "ua1")
	require.ErrorContains(t, err, "provider")
	for _, key := range wiro.OAuthProviders() {
		require.ErrorContains(t, err, string(key))
		require.NotEqual(t, string(key), key.Title(), "a name for people")
	}
}
