package tools

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/wiroai/wiro-mcp-go/internal/fold"
)

// What stands in a secret's place: enough to know whether it still has to be entered.
const (
	secretSet   = "[set]"
	secretEmpty = "[empty]"
)

// redactSecrets returns a copy of a decoded JSON value in which no secret is left. A secret is
// known by its field's name; by the type "password" that the credential's own _schema, or a
// name in also, gives it; in a row of fieldname and fieldvalue, by that name or by a
// fieldstatus that callers may not see; and, inside any other text, by the form that keys and
// tokens of the known providers have.
func redactSecrets(value any, also ...string) any {
	switch v := value.(type) {
	case map[string]any:
		return redactMembers(v, also)
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = redactSecrets(item, also...)
		}
		return items
	case string:
		return redactTokens(v)
	}
	return value
}

func redactMembers(object map[string]any, also []string) map[string]any {
	also = slices.Concat(also, passwordFields(object["_schema"]))
	secret := func(name string) bool {
		return isSecretField(name) || slices.Contains(also, strings.ToLower(name))
	}
	name, isRow := object["fieldname"].(string)
	status, _ := object["fieldstatus"].(string)
	secretRow := isRow && (secret(name) || slices.Contains(hiddenStatuses, status)) || object["type"] == "password"

	open := make(map[string]any, len(object))
	for name, member := range object {
		_, flag := member.(bool) // such as _editable's: says nothing of the value
		switch {
		case flag, slices.Contains(describing, name):
			open[name] = member
		case secret(name), secretRow && slices.Contains(rowValues, name):
			open[name] = secretState(member)
		default:
			open[name] = redactSecrets(member, also...)
		}
	}
	return open
}

var (
	// hiddenStatuses are the values of fieldstatus whose fields hold what signs somebody in.
	hiddenStatuses = []string{"oauth_session", "oauth_app", "platform"}
	// rowValues are the members of a row about one field that hold its value.
	rowValues = []string{"fieldvalue", "value", "default", "prev_value", "after_value", "previousvalue", "newvalue"}
	// describing members speak of a field, never of its value: a placeholder looks like a token.
	describing = []string{"placeholder", "help", "label", "pattern"}
)

// secretState is [set], or [empty] for null and for a text or list without content.
func secretState(value any) string {
	switch v := value.(type) {
	case nil:
		return secretEmpty
	case string:
		if strings.TrimSpace(v) == "" || v == secretEmpty {
			return secretEmpty
		}
	case []any:
		if len(v) == 0 {
			return secretEmpty
		}
	case map[string]any:
		if len(v) == 0 {
			return secretEmpty
		}
	}
	return secretSet
}

// secretParts are what a secret's name contains once it is in lower case and without
// separators.
var secretParts = []string{
	"secret", "password", "passwd", "passphrase", "apppass", "applicationpass", "apikey",
	"masterkey", "privatekey", "signingkey", "encryptionkey", "serviceaccountjson",
	"serviceaccountkey", "accesstoken", "refreshtoken", "bottoken", "authtoken", "bearertoken",
	"idtoken", "sessiontoken", "developertoken", "authorization", "cookie",
}

// handles are tokens that name something of the caller's own, so that it can be asked about.
var handles = []string{"agenttoken", "tasktoken", "socketaccesstoken"}

// isSecretField reports whether a field of this name holds a secret, in any spelling.
func isSecretField(name string) bool {
	name = fold.Name(name)
	switch {
	case slices.Contains(handles, name), strings.HasSuffix(name, "expiresat"), strings.HasSuffix(name, "expiresin"):
		return false
	case name == "serviceaccount", strings.HasSuffix(name, "token"):
		return true
	}
	return slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(name, part) })
}

// passwordFields returns, in lower case, the names of the fields that a credential schema
// gives the type password, those of nested lists included.
func passwordFields(schema any) []string {
	var names []string
	switch v := schema.(type) {
	case map[string]any:
		if key, ok := v["key"].(string); ok && v["type"] == "password" {
			names = append(names, strings.ToLower(key))
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			names = append(names, passwordFields(v[name])...)
		}
	case []any:
		for _, item := range v {
			names = append(names, passwordFields(item)...)
		}
	}
	return names
}

// pattern compiles an expression when it is first used: every start would pay for it.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// tokens are the forms of keys that are known by sight: private keys, plain and in Base64;
// signed tokens; service accounts in Base64; and those that providers give a prefix.
var tokens = pattern(strings.Join([]string{
	`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`,
	`\bLS0tLS1CRUdJTi[A-Za-z0-9+/=]+`,
	`\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`,
	`\b(?:eyJ0eXBlIjo(?:i|gI)|ewogICJ0eXBlI)[A-Za-z0-9+/=_-]{20,}`,
	`\b\d{6,12}:[A-Za-z0-9_-]{30,}`,
	`\bxkeysib-[A-Za-z0-9-]{16,}`,
	`\bSG\.[\w-]{12,}\.[\w-]{12,}`,
	`\bsk-[A-Za-z0-9_-]{20,}`,
	`\bya29\.[\w-]{20,}`,
	`\bGOCSPX-[\w-]{12,}`,
	`\bEAA[A-Za-z0-9]{30,}`,
	`\bxox[abeprs]-[A-Za-z0-9-]{10,}`,
	`\bgh[opsur]_[A-Za-z0-9]{30,}`,
	`\bpat-[a-z]{2}\d-[0-9a-f-]{30,}`,
}, "|"))

// redactTokens takes keys that are known by sight out of a text.
func redactTokens(text string) string { return tokens().ReplaceAllString(text, secretSet) }

// In running text a name introduces a value: apppassword: "…", access_token=…, {"apiKey":"…"}.
// The whole may be quoted once more, as in an error that shows JSON, and be cut short.
var (
	introduction = pattern(`(?i)([a-z][\w-]*)\\*["']?\s*[:=]\s*`)
	introduced   = pattern(`(?i)^(?:` + strings.Join([]string{
		`\\"(?:[^"\\]|\\\\\\"|\\[^"])*(?:\\?"|$)`,
		`"(?:[^"\\]|\\.)*(?:"|$)`,
		`'[^']*'`,
		`(?:bearer\s+|basic\s+)?[^\s"',;&{}\[\]][^"',;&{}\n]*`,
	}, "|") + `)`)
)

// redactText takes secrets out of a text that somebody else wrote, such as an error or a log:
// what redactTokens knows, and what a secret's name introduces. It reads the text once:
// strangers write logs, and may write them to be slow.
func redactText(text string) string {
	var b strings.Builder
	for {
		at := introduction().FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		name := text[at[2]:at[3]]
		b.WriteString(text[:at[1]])
		text = text[at[1]:]
		if !isSecretField(name) {
			continue // the value may hold a pair of its own: "detail: apppassword=…"
		}
		if value := introduced().FindString(text); value != "" {
			b.WriteString(secretSet)
			text = text[len(value):]
		}
	}
	b.WriteString(text)
	return redactTokens(b.String())
}
