package transport

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/emulator"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// A consent leads back to the public address, whose page needs no key, and nothing of which is
// logged.
func TestAConsentLeadsBackToThePublicAddress(t *testing.T) {
	t.Parallel()
	shared, err := store.Open("memory", store.Options{})
	require.NoError(t, err)
	flows := consent.NewFlows(shared, zerolog.Nop())
	r := start(t, func(s *setup) {
		s.tools.Store, s.tools.Consents, s.tools.RunTimeout = shared, flows, 300*time.Millisecond
		s.settings.PublicURL = "https://MCP.example.com/"
		s.before = func(h *HTTP) { h.Consents = flows }
	})
	ada := r.client.WithCredentials(wiro.Credentials{Key: emulator.DemoKey})
	agent, err := ada.MyAgents.Deploy(t.Context(), wiro.Deployment{Custom: true, Title: "Desk", Skills: map[string]bool{"int-youtube-manage": true}})
	require.NoError(t, err)
	connect := func() (text string, data map[string]any) {
		a := r.post(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"connect_agent_account","arguments":{"provider":"youtube","useragentguid":%q}}}`, agent.GUID))
		var message struct {
			Result struct {
				StructuredContent map[string]any
			}
		}
		require.NoError(t, json.Unmarshal([]byte(a.body), &message), a.body)
		return a.body, message.Result.StructuredContent
	}
	_, link := connect()
	require.Equal(t, "authorization_required", link["state"])
	browser := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	consented, err := browser.Get(link["authorizeUrl"].(string))
	require.NoError(t, err)
	require.NoError(t, consented.Body.Close())
	back, err := url.Parse(consented.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "https://mcp.example.com", back.Scheme+"://"+back.Host)
	require.True(t, strings.HasPrefix(back.Path, consent.Path), back.Path)

	here := func(q *http.Request) { q.Host = back.Host; q.Header.Del("Authorization") }
	arrival, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+back.RequestURI(), nil)
	require.NoError(t, err)
	here(arrival)
	arrived, err := browser.Do(arrival)
	require.NoError(t, err)
	require.NoError(t, arrived.Body.Close())
	require.Equal(t, http.StatusSeeOther, arrived.StatusCode)
	require.Equal(t, strings.TrimPrefix(back.Path, consent.Path), arrived.Header.Get("Location"))
	require.Contains(t, r.get(back.Path, here).body, "You chose the channel Corner Bakery TV")
	require.Equal(t, http.StatusForbidden, r.get(back.Path, func(q *http.Request) { q.Host = "evil.example" }).status)
	text, connected := connect()
	require.Equal(t, "connected", connected["state"], text)
	require.Contains(t, r.get(back.Path, here).body, "The agent works with the channel Corner Bakery TV")
	for _, secret := range []string{back.Path, "yt_channels", emulator.DemoKey} {
		require.NotContains(t, r.logs.String(), secret)
	}
}
