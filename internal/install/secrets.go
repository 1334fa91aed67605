package install

import (
	"slices"
	"strconv"
	"strings"
)

// secretsOf are the values in a client's file that Diff must not show, of every server, the
// longest first.
func (c Client) secretsOf(docs ...[]byte) (secrets []string) {
	for _, doc := range docs {
		all, err := c.decode(doc)
		if err != nil {
			continue
		}
		collectSecrets(all, secretNames, false, &secrets)
		var texts []string
		collectSecrets(all, argumentNames, false, &texts)
		secrets = append(secrets, slices.DeleteFunc(texts, func(text string) bool { return !mayHoldSecret(text) })...)
		drop(all, c.path())
		collectSecrets(all, argumentNames, false, &secrets)
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	return secrets
}

var (
	// secretNames are parts of the names that clients keep keys below.
	secretNames = []string{"env", "header", "key", "secret", "token", "password"}
	// argumentNames are those below which other servers than ours may have one among other texts.
	argumentNames = []string{"arg", "url", "uri"}
)

// mayHoldSecret reports whether an argument or address looks as if a key were in it. Of our own entry
// only such ones are hidden, so that people see the others.
func mayHoldSecret(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"bearer ", "authorization", "key=", "key:", "token", "secret", "password"}, func(mark string) bool {
		_, value, found := strings.Cut(text, mark)
		return found && value != "" && !isReference(value)
	})
}

// collectSecrets adds the texts below names that hold one of the parts, as they are and as files
// quote them.
func collectSecrets(value any, parts []string, inside bool, secrets *[]string) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			name = strings.ToLower(name)
			if name == "title" || name == "description" { // of what the client asks its users for
				continue
			}
			secret := slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(name, part) })
			collectSecrets(member, parts, inside || secret, secrets)
		}
	case []any:
		for _, member := range v {
			collectSecrets(member, parts, inside, secrets)
		}
	case string:
		if inside && len(v) >= shortestSecret && !isReference(v) {
			quoted := strconv.Quote(v)
			*secrets = append(*secrets, v, quoted[1:len(quoted)-1])
		}
	}
}

// isReference reports whether a text is the name of one of our variables, or nothing but references
// to variables, which a diff may show. One with a default, ${NAME:-default}, may hold a key there.
func isReference(text string) bool {
	text = strings.TrimPrefix(text, "Bearer ")
	if text == "" || text == "WIRO_API_KEY" || text == "WIRO_API_SECRET" {
		return true
	}
	for _, kind := range []struct{ open, end string }{{"${", "}"}, {"{{", "}}"}, {"{env:", "}"}} {
		if rest, found := strings.CutPrefix(text, kind.open); found {
			name, rest, found := strings.Cut(rest, kind.end)
			return found && !strings.Contains(name, ":-") && isReference(strings.TrimPrefix(rest, ":"))
		}
	}
	return false
}

// shortestSecret leaves settings such as "true" readable.
const shortestSecret = 6
