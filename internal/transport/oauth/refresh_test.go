package oauth

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is remembered of refreshes has a bound, however often somebody asks, and a connection that
// loops takes nothing from the others of its key.
func TestTheRefreshesOfAKeyAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	tooMany := func(form url.Values) {
		w := r.post("/token", form)
		refused(t, w, http.StatusTooManyRequests, "temporarily_unavailable")
		require.Equal(t, "60", w.Header().Get("Retry-After"))
	}
	var id, old string
	var got tokens
	for range refreshesOfKey / refreshesOfOne {
		id, got = r.signIn()
		old = got.Refresh
		for range refreshesOfOne {
			got = r.tokens(refreshing(id, got.Refresh))
		}
		tooMany(refreshing(id, got.Refresh))
	}
	late, fresh := r.signIn()
	tooMany(refreshing(late, fresh.Refresh))

	r.advance(refreshEvery)
	for range 3 { // that of somebody who found an old one takes nothing from those who have the new one
		refused(t, r.post("/token", refreshing(id, old)), http.StatusBadRequest, "invalid_grant")
	}
	r.tokens(refreshing(id, got.Refresh))
	_, err := r.verify(got.Access, "/mcp")
	require.NoError(t, err)

	r.keys[Credentials{Key: "another-key"}] = true
	back := r.authorize(query(id, claudeWeb), "key", "another-key")
	r.tokens(refreshing(id, r.tokens(exchange(id, claudeWeb, back.Query().Get("code"))).Refresh))
}

// A server that has another address now asks its users to sign in again: clients do that on
// invalid_grant alone.
func TestConnectionsOfAnotherAddressAreOver(t *testing.T) {
	t.Parallel()
	const moved = "https://new.example.com"
	before, after := newRig(t), newRig(t, func(o *Options) { o.Issuer = moved })
	id, got := before.signIn()
	for _, resource := range []string{moved + "/mcp", moved, ""} {
		form := refreshing(id, got.Refresh)
		form.Set("resource", resource)
		refused(t, after.post("/token", form), http.StatusBadRequest, "invalid_grant")
		refused(t, after.post("/token", exchange(id, claudeWeb, before.code(id, claudeWeb), "resource", resource)), http.StatusBadRequest, "invalid_grant")
	}
	refused(t, after.post("/token", refreshing(id, got.Refresh)), http.StatusBadRequest, "invalid_target")
	before.tokens(refreshing(id, got.Refresh))
}

// Replicas get new secrets one after the other. In each step those before and after it open what
// the other sealed.
func TestSecretsRotateReplicaByReplica(t *testing.T) {
	t.Parallel()
	const newer = "another secret that the operator put in front"
	shared := &Memory{}
	steps := [][]string{{testSecrets[0]}, {testSecrets[0], newer}, {newer, testSecrets[0]}}
	for i := range len(steps) - 1 {
		var replicas []*rig
		for _, secrets := range steps[i : i+2] {
			replicas = append(replicas, newRig(t, func(o *Options) { o.Secrets, o.Once = secrets, shared }))
		}
		id, got := replicas[i%2].signIn()
		for n := range 4 {
			for _, r := range replicas {
				_, err := r.verify(got.Access, "/mcp")
				require.NoError(t, err)
			}
			got = replicas[n%2].tokens(refreshing(id, got.Refresh))
		}
	}
}
