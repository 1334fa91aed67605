package emulator

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func (a *agents) installCredentials() {
	a.serve("UserAgent/CredentialUpsert", a.upsertCredentials)
	a.serve("UserAgent/CredentialFieldHistory", a.credentialHistory)
}

// A credentialChange is one write in the history of a credential. Secrets of an own OAuth
// app are redacted in it.
type credentialChange struct {
	guid   string
	row    credentialRow
	status string
	by     *project
	at     time.Time
}

// maxCredentialHistory bounds the history of one credential, oldest entries forgotten first.
const maxCredentialHistory = 1000

// The rows that CredentialUpsert leaves out. Only the first message is documented.
var (
	errFieldRole    = keyed("agent-fieldstatus-not-allowed-for-role")
	errFieldName    = keyed("agent-fieldname-reserved")
	errNoCredential = keyed("agent-credential-not-found")
	errNoField      = keyed("agent-credential-field-not-found")
)

// write stores a field and remembers who wrote it; by is nil for the system.
func (a *agents) write(u *userAgent, h *heldCredential, row credentialRow, by *project) {
	h.set(row)
	status := statusUser
	if f := h.field(row.parent, row.name); f != nil {
		status = f.status()
		if status == statusApp && f.secret() {
			row.value = "[REDACTED]"
		}
	}
	h.history = append(h.history, credentialChange{guid: a.server.ids.guid(), row: row, status: status, by: by, at: a.now()})
	if len(h.history) > maxCredentialHistory {
		h.history = h.history[1:]
	}
	u.times.updated = a.now()
}

// writable checks whether the user may write a field, and puts its name in the registry's
// case.
func (h *heldCredential) writable(row *credentialRow) error {
	switch {
	case strings.HasPrefix(row.name, "_"):
		return errFieldName
	case h.Platform || isSessionField(row.name):
		return errFieldRole
	}
	f := h.field(row.parent, row.name)
	if f == nil || f.Type == "list" {
		return errNoField
	}
	row.name = f.Key
	return nil
}

// upsertCredentials answers POST /UserAgent/CredentialUpsert. Rows that are not right are
// left out and named; the others are written all the same.
func (a *agents) upsertCredentials(c *call) (fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	rows, ok := c.args["fields"].([]any)
	if !ok || len(rows) == 0 {
		return nil, required("fields")
	}
	applied := 0
	skipped := &failure{}
	for _, item := range rows {
		if err := a.upsertRow(c, u, item); err != nil {
			skipped.errors = append(skipped.errors, err.errors...)
			continue
		}
		applied++
	}
	if applied > 0 {
		a.settle(u)
		a.restart(u)
	}
	if len(skipped.errors) > 0 {
		skipped.partly = applied > 0
		return nil, skipped.with("applied", applied)
	}
	return fields{{"applied", applied}}, nil
}

func (a *agents) upsertRow(c *call, u *userAgent, item any) *failure {
	given, ok := item.(map[string]any)
	if !ok {
		return errInvalidBody
	}
	arg := args(given)
	h := u.credential(a.registry, arg.text("credentialkey"))
	if h == nil {
		return errNoCredential
	}
	if status := arg.text("fieldstatus"); status != "" && status != statusUser {
		return errFieldRole
	}
	row := credentialRow{parent: arg.text("parentfield"), ordinal: arg.whole("ordinal", 0), name: arg.text("fieldname")}
	if err := h.writable(&row); err != nil {
		return err.(*failure) //nolint:errorlint // writable makes no others
	}
	row.value = scalar(given["fieldvalue"])
	switch given["fieldvalue"].(type) {
	case []any, map[string]any: // a list, as JSON
		row.value = string(encode(given["fieldvalue"]))
	}
	a.write(u, h, row, c.project)
	return nil
}

// credentialHistory answers POST /UserAgent/CredentialFieldHistory, newest first. What the
// platform fills in has no history that a user may see.
func (a *agents) credentialHistory(c *call) (fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	key, err := c.args.need("credentialkey")
	if err != nil {
		return nil, err
	}
	h := u.credential(a.registry, key)
	if h == nil {
		return nil, errNoCredential
	}
	entries := []object{}
	for _, change := range slices.Backward(h.history) {
		if !h.Platform && between(c, change.at) {
			entries = append(entries, change.view(u, h.Key))
		}
	}
	return fields{{"entries", entries}}, nil
}

func (e credentialChange) view(u *userAgent, key string) object {
	o := object{
		{"guid", e.guid}, {"useragentguid", u.guid}, {"credentialkey", key}, {"fieldname", e.row.name}, {"fieldvalue", e.row.value},
		{"fieldstatus", e.status}, {"parentfield", optional(e.row.parent)}, {"ordinal", e.row.ordinal}, {"operation", "upsert"},
		{"changedby", system}, {"changedby_user", nil}, {"changedat", strconv.FormatInt(e.at.Unix(), 10)},
	}
	if e.by != nil {
		o.set("changedby", e.by.uuid())
		o.set("changedby_user", e.by.actor())
	}
	return o
}
