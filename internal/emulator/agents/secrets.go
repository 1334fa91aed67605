package agents

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// plantedSecrets are made up, open nothing, and occur nowhere else: where one of them
// shows, a real one would have.
type plantedSecrets struct {
	Session  map[string]string            `json:"session"`  // by field; %s is the provider
	Platform map[string]string            `json:"platform"` // API keys by credential
	Filled   map[string]map[string]string `json:"filled"`   // fields by credential
	Upstream string                       `json:"upstream"` // in errors of the runtime
}

var secrets = sync.OnceValue(func() *plantedSecrets {
	s := new(plantedSecrets)
	decodeAgentData("secrets.json", s)
	return s
})

// tokens are the planted tokens of a connected account, by field.
func (s *plantedSecrets) tokens(c *credential) map[string]string {
	tokens := map[string]string{}
	for field, form := range s.Session {
		if field != "pageAccessToken" || c.Key == "facebook-pages" {
			tokens[field] = fmt.Sprintf(form, c.OAuth.Provider)
		}
	}
	return tokens
}

// PlantedSecrets are all that the emulator plants, sorted.
func PlantedSecrets() []string {
	s, r := secrets(), loadRegistry()
	var all []string
	for _, c := range r.credentials {
		if c.OAuth != nil {
			all = append(all, slices.Collect(maps.Values(s.tokens(c)))...)
		}
		for name, value := range s.Filled[c.Key] {
			if f := c.field("", name); f == nil || !f.secret() {
				continue
			}
			all = append(all, value)
			if key := privateKey(value); key != "" {
				all = append(all, key)
			}
		}
	}
	all = append(all, slices.Collect(maps.Values(s.Platform))...)
	all = append(all, s.Upstream)
	slices.Sort(all)
	return all
}

// privateKey is the body of the PEM block in a base64 encoded key or service account, ""
// where there is none.
func privateKey(encoded string) string {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return ""
	}
	body := string(text)
	if account := serviceAccount(encoded); account != nil {
		body, _ = account["private_key"].(string)
	}
	lines := strings.Split(strings.TrimSpace(body), "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "-----BEGIN") {
		return ""
	}
	return lines[1]
}

// serviceAccount decodes the JSON of a base64 encoded service account, nil where it is none.
func serviceAccount(encoded string) map[string]any {
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return nil
	}
	var account map[string]any
	if json.Unmarshal(text, &account) != nil {
		return nil
	}
	return account
}
