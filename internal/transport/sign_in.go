package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/internal/transport/oauth"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// newOAuth returns the OAuth server of the options; nil if it is off.
func newOAuth(h *HTTP) (*oauth.Server, error) {
	if len(h.options.OAuthSecrets) == 0 {
		return nil, nil
	}
	if h.CheckKey == nil {
		return nil, errors.New("Backend.CheckKey is missing") //nolint:revive // the field's name
	}
	return oauth.New(oauth.Options{
		Issuer: h.options.PublicURL, Endpoints: endpoints, Secrets: h.options.OAuthSecrets, Once: h.Once, Fetch: h.Fetch,
		CheckKey: func(ctx context.Context, c oauth.Credentials) error {
			err := h.CheckKey(ctx, wiro.Credentials{Key: wiro.Secret(c.Key), Secret: wiro.Secret(c.Secret)})
			if errors.Is(err, wiro.ErrUnauthorized) {
				return fmt.Errorf("%w: %w", oauth.ErrKeyRejected, err)
			}
			return err
		},
		Toolsets: toolsetsOf(h.Tools), CostLimits: true, Allow: h.limits.allowSignIn,
		Observe: func(endpoint, ended string, status int) {
			h.record.end(context.Background(), &activity{kind: kindSignIn, name: endpoint, outcome: outcome(ended), status: status})
		},
	})
}

// toolsetsOf lists the toolsets that are offered, each with the names of its tools.
func toolsetsOf(s *tools.Server) (sets []oauth.Toolset) {
	for _, set := range pageToolsets(s) {
		names := make([]string, len(set.Tools))
		for i, t := range set.Tools {
			names[i] = t.Name
		}
		sets = append(sets, oauth.Toolset{Name: set.Name, Description: strings.Join(names, ", ")})
	}
	return sets
}

// authenticate returns the caller's credentials and, if they came with OAuth, the connection.
// A bearer that is no token of ours is an API key.
func (h *HTTP) authenticate(r *http.Request) (wiro.Credentials, *oauth.Connection, error) {
	if h.oauth != nil {
		authorization, err := single(r.Header, "Authorization")
		if err != nil {
			return wiro.Credentials{}, nil, err
		}
		if scheme, token, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "Bearer") {
			c, err := h.oauth.Verify(r, strings.TrimSpace(token))
			if err == nil && r.Header.Get("X-Api-Key") != "" {
				err = malformed("Authorization and x-api-key name different credentials.")
			}
			if !errors.Is(err, oauth.ErrNotOurs) {
				return wiro.Credentials{Key: wiro.Secret(c.Credentials.Key), Secret: wiro.Secret(c.Credentials.Secret)}, &c, err
			}
		}
	}
	credentials, err := credentialsOf(r.Header)
	return credentials, nil, err
}

// limitTools narrows a filter of tools to the limits of a connection, if there is one.
func limitTools(allowed func(mcptool.Tool) bool, c *oauth.Connection) func(mcptool.Tool) bool {
	if c == nil || !c.Limits.ReadOnly && c.Limits.Toolsets == nil {
		return allowed
	}
	var toolsets []mcptool.Toolset
	for _, name := range c.Limits.Toolsets {
		toolsets = append(toolsets, mcptool.Toolset(name))
	}
	limited := mcptool.Filter(toolsets, nil, c.Limits.ReadOnly)
	return func(t mcptool.Tool) bool { return limited(t) && (allowed == nil || allowed(t)) }
}

// recheck finds out whether a call was refused because the key of its connection was revoked.
func (h *HTTP) recheck(ctx context.Context, scope mcptool.Scope, err error) {
	if c, ok := scope.Caller.(wiro.Credentials); ok && errors.Is(err, wiro.ErrUnauthorized) {
		h.oauth.Recheck(ctx, oauth.Credentials{Key: oauth.Secret(c.Key), Secret: oauth.Secret(c.Secret)})
	}
}
