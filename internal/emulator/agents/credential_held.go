package agents

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A heldCredential is a credential of one instance, with what was filled in. Values are
// rows of parent, ordinal and name, as the API takes them.
type heldCredential struct {
	*credential
	need    credentialNeed
	unused  bool // its skill is off
	rows    []credentialRow
	history []credentialChange

	tokens           map[string]string // by field; empty until connected
	connected        time.Time
	tokenExpires     time.Time
	refreshExpires   time.Time
	choiceOpenBefore time.Time // until when a pending choice may be made
	choiceMode       string    // with which app
}

type credentialRow struct {
	parent  string // "accounts.0.apps"; empty at the top
	ordinal int    // within the parent
	name    string
	value   string
}

// value is a field at the top.
func (h *heldCredential) value(name string) string { return h.valueIn("", 0, name) }

func (h *heldCredential) valueIn(parent string, ordinal int, name string) string {
	for _, r := range h.rows {
		if r.parent == parent && r.ordinal == ordinal && r.name == name {
			return r.value
		}
	}
	return ""
}

// set writes a row, in place of the one with the same name. Empty values stay as rows:
// they are what a cleared field looks like.
func (h *heldCredential) set(row credentialRow) {
	i := slices.IndexFunc(h.rows, func(r credentialRow) bool {
		return r.parent == row.parent && r.ordinal == row.ordinal && r.name == row.name
	})
	if i < 0 {
		h.rows = append(h.rows, row)
		return
	}
	h.rows[i] = row
}

// entries are the ordinals that a list has, in order.
func (h *heldCredential) entries(list string) []int {
	var found []int
	for _, r := range h.rows {
		n, in := r.ordinal, r.parent == list
		if rest, below := strings.CutPrefix(r.parent, list+"."); below {
			index, _, _ := strings.Cut(rest, ".")
			var err error
			n, err = strconv.Atoi(index)
			in = err == nil
		}
		if in && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	slices.Sort(found)
	return found
}

// listPath is the parent of the rows of a list.
func listPath(parent string, ordinal int, list string) string {
	if parent == "" {
		return list
	}
	return parent + "." + strconv.Itoa(ordinal) + "." + list
}

// complete reports whether the credential has all that its service needs.
func (h *heldCredential) complete() bool {
	switch o := h.OAuth; {
	case h.Platform:
		return true
	case o == nil:
		return h.filled(h.Fields, "", 0)
	case o.APIKey != "" && h.value(o.APIKey) != "":
		return true
	default:
		return h.ready() && h.filled(h.Fields, "", 0)
	}
}

// filled reports whether the fields that the user fills in are. A required list needs an
// entry.
func (h *heldCredential) filled(fields []*credentialField, parent string, ordinal int) bool {
	for _, f := range fields {
		if f.status() != statusUser {
			continue
		}
		if f.Type != "list" {
			if f.Required && f.Default == "" && h.valueIn(parent, ordinal, f.Key) == "" {
				return false
			}
			continue
		}
		path := listPath(parent, ordinal, f.Key)
		entries := h.entries(path)
		if f.Required && len(entries) == 0 {
			return false
		}
		for _, n := range entries {
			if !h.filled(f.Fields, path, n) {
				return false
			}
		}
	}
	return true
}

// ready is the flag _connected: there is a token, and an account was picked where that
// is needed.
func (h *heldCredential) ready() bool {
	return len(h.tokens) > 0 && (h.Picker == nil || h.value(h.Picker.ID) != "")
}

// values are the fields as the API shows them, secrets and all.
func (h *heldCredential) values() map[string]any {
	values := h.tree(h.Fields, "", 0)
	for name, token := range h.tokens {
		values[name] = token
	}
	if h.OAuth != nil {
		values["connectedat"] = isoTime(h.connected)
		values["tokenexpiresat"] = isoTime(h.tokenExpires)
	}
	return values
}

func (h *heldCredential) tree(fields []*credentialField, parent string, ordinal int) map[string]any {
	values := map[string]any{}
	for _, f := range fields {
		if f.Type != "list" {
			value := h.valueIn(parent, ordinal, f.Key)
			values[f.Key] = value
			decoded(values, f.Key, value)
			continue
		}
		path := listPath(parent, ordinal, f.Key)
		list := []any{}
		for _, n := range h.entries(path) {
			list = append(list, h.tree(f.Fields, path, n))
		}
		values[f.Key] = list
	}
	return values
}

// decoded adds what the server reads out of an encoded key.
func decoded(values map[string]any, field, value string) {
	switch field {
	case "serviceaccountjsonbase64":
		if account := serviceAccount(value); account != nil {
			values["serviceaccountjson"] = account
			values["projectid"] = account["project_id"]
		}
	case "privatekeybase64":
		if key, err := base64.StdEncoding.DecodeString(value); err == nil && len(key) > 0 {
			values["privatekey"] = string(key)
		}
	}
}

// isoTime is a time as instances show those of credentials, nil where there is none.
func isoTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return optional(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// connect stores the tokens of an account.
func (h *heldCredential) connect(now time.Time, mode string) {
	o := h.OAuth
	h.connected, h.tokenExpires, h.refreshExpires = now, time.Time{}, time.Time{}
	if o.Access > 0 {
		h.tokenExpires = now.Add(time.Duration(o.Access))
	}
	if o.Refresh > 0 {
		h.refreshExpires = now.Add(time.Duration(o.Refresh))
	}
	h.tokens = secrets().tokens(h.credential)
	for field, value := range o.Fills {
		h.set(credentialRow{name: field, value: value})
	}
	h.set(credentialRow{name: "authmethod", value: mode})
}

// disconnect takes the tokens and the account away; the own app stays.
func (h *heldCredential) disconnect() {
	h.tokens, h.connected, h.tokenExpires, h.refreshExpires = nil, time.Time{}, time.Time{}, time.Time{}
	h.choiceOpenBefore = time.Time{}
	h.rows = slices.DeleteFunc(h.rows, func(r credentialRow) bool {
		f := h.field(r.parent, r.name)
		return f != nil && f.AutoFilled
	})
}

// credential is a credential of an instance by its key or an alias, nil where it has none.
func (u *userAgent) credential(r *registry, key string) *heldCredential {
	c := r.credentialByKey[key]
	for _, h := range u.credentials {
		if h.credential == c && !h.unused {
			return h
		}
	}
	return nil
}

// isOptional reports whether the agent runs without a credential. Of several that do the
// same, the others are optional once one is complete.
func (u *userAgent) isOptional(h *heldCredential) bool {
	if h.need.Optional || u.isCustom() || !slices.Contains(u.template.OneOf, h.Key) {
		return h.need.Optional
	}
	return slices.ContainsFunc(u.credentials, func(other *heldCredential) bool {
		return other != h && slices.Contains(u.template.OneOf, other.Key) && other.complete()
	})
}

func (a *Agents) setupRequired(u *userAgent) bool {
	return slices.ContainsFunc(u.credentials, func(h *heldCredential) bool {
		return !h.unused && !u.isOptional(h) && !h.complete()
	})
}
