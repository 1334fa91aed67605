package emulator_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

// TestEveryPlantedSecretCanBeSeen holds the list against what the sandbox hands out: a
// scan for secrets that never occur would prove nothing.
func TestEveryPlantedSecretCanBeSeen(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{Keys: []emulator.Key{{Key: emulator.DemoKey, Balance: 1e6}}})
	planted := emulator.PlantedSecrets()
	require.Greater(t, len(planted), 35)
	require.True(t, slices.IsSorted(planted))
	require.Len(t, slices.Compact(slices.Clone(planted)), len(planted))

	var seen strings.Builder
	own := map[string]string{"appid": "1", "appsecret": "s", "clientid": "c", "clientkey": "k", "clientsecret": "s", "developertoken": "d", "managercustomerid": "1234567890"}
	for _, template := range objects(a.ok("Agent/List", obj{})["agents"]) {
		guid := a.deploy(template["slug"].(string))
		for key, c := range a.mine(guid)["credentials"].(obj) {
			provider := provider(key)
			if c.(obj)["_schema"].(obj)["oauth_provider"] == nil || provider == "" {
				continue
			}
			seen.WriteString(a.post("UserAgentOAuth/TokenRefresh", obj{"useragentguid": guid, "provider": key}).text)
			for name, value := range own {
				a.upsert(guid, [3]string{key, name, value})
			}
			a.connect(guid, provider, "own")
			a.post("UserAgentOAuth/FBSetPage", obj{"useragentguid": guid, "pageid": "104200000000001"})
			seen.WriteString(a.post("UserAgentOAuth/TokenRefresh", obj{"useragentguid": guid, "provider": key}).text)
		}
		seen.WriteString(a.post("UserAgent/Detail", obj{"guid": guid}).text)
		seen.WriteString(a.post("UserAgent/CredentialFieldHistory", obj{"useragentguid": guid, "credentialkey": "sys-telegram"}).text)
	}
	guid := a.deployed(obj{"custom": true, "title": "x", "useprepaid": true, "skills": obj{"util-autopilot": true}})["guid"].(string)
	a.start(guid)
	token, _ := a.send(guid, "please fail")
	require.NoError(t, a.s.Reached(a.ctx(), token, emulator.AgentError))
	seen.WriteString(a.post("UserAgent/Message/Detail", obj{"agenttoken": token}).text)

	for _, secret := range planted {
		require.True(t, strings.Contains(seen.String(), secret), secret)
	}
}

func TestPublicCatalogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	a := start(t, emulator.Options{})
	var seen strings.Builder
	for _, path := range []string{"Agent/List", "Skills/List", "Skills/Capabilities", "Credentials/List"} {
		seen.WriteString(a.post(path, obj{}).text)
	}
	for _, template := range objects(a.ok("Agent/List", obj{})["agents"]) {
		seen.WriteString(a.post("Agent/Detail", obj{"guid": template["guid"], "type": "full"}).text)
	}
	for _, secret := range emulator.PlantedSecrets() {
		require.False(t, strings.Contains(seen.String(), secret), secret)
	}
}
