package main

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// browser opens the address that is printed, once, as a user does who allows everything.
type browser struct {
	strings.Builder
	once sync.Once
}

var authorizeAddress = regexp.MustCompile(`http://\S+/authorize\?\S+`)

func (b *browser) Write(p []byte) (int, error) {
	if address := authorizeAddress.Find(p); address != nil {
		b.once.Do(func() {
			response, err := http.Get(string(address))
			if err == nil {
				_ = response.Body.Close()
			}
		})
	}
	return b.Builder.Write(p)
}

func TestCallWaitsForAConsentOnItsOwnPage(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	environ = append(environ, "WIRO_STORE=memory")
	deploy := []string{"call", "deploy_agent", "custom=true", "title=Desk", `skills={"int-youtube-manage":true}`}
	asked := command(t, environ, "", append(deploy, "--json")...)
	confirmation := regexp.MustCompile(`"confirmation":"([^"]+)"`).FindStringSubmatch(asked.out)
	require.NotNil(t, confirmation, asked.out+asked.err)
	deployed := command(t, environ, "", append(deploy, "confirm=true", "confirmation="+confirmation[1], "--json")...)
	agent := regexp.MustCompile(`"useragentguid":"([^"]+)"`).FindStringSubmatch(deployed.out)
	require.NotNil(t, agent, deployed.out)

	var out browser
	done := commandWith(t.Context(), environ, strings.NewReader(""), &out, "call", "connect_agent_account", "provider=youtube", "useragentguid="+agent[1])
	require.Zero(t, done.code, done.err)
	require.Contains(t, done.out, "the user opens this address")
	require.Contains(t, done.out, "YouTube is connected: Corner Bakery TV")
	require.Contains(t, done.err, "Waiting for the consent")
}
