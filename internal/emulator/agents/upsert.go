package agents

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

func (a *Agents) installCredentials() {
	a.serve("UserAgent/CredentialUpsert", a.upsertCredentials)
	a.serve("UserAgent/CredentialFieldHistory", a.credentialHistory)
}

// A credentialChange is one write in the history of a credential. Secrets of an own OAuth
// app are redacted in it.
type credentialChange struct {
	guid   string
	row    credentialRow
	status string
	by     *core.Project
	at     time.Time
}

// maxCredentialHistory bounds the history of one credential, oldest entries forgotten first.
const maxCredentialHistory = 1000

// The rows that CredentialUpsert leaves out. Only the first message is documented.
var (
	errFieldRole    = core.Keyed("agent-fieldstatus-not-allowed-for-role")
	errFieldName    = core.Keyed("agent-fieldname-reserved")
	errNoCredential = core.Keyed("agent-credential-not-found")
	errNoField      = core.Keyed("agent-credential-field-not-found")
	errNoText       = core.Keyed("agent-fieldvalue-not-a-string")
)

// write stores a field and remembers who wrote it; by is nil for the system.
func (a *Agents) write(u *userAgent, h *heldCredential, row credentialRow, by *core.Project) {
	h.set(row)
	status := statusUser
	if f := h.field(row.parent, row.name); f != nil {
		status = f.status()
		if status == statusApp && f.secret() {
			row.value = "[REDACTED]"
		}
	}
	h.history = append(h.history, credentialChange{guid: a.server.IDs.GUID(), row: row, status: status, by: by, at: a.now()})
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
	switch {
	case f == nil || f.Type == "list":
		return errNoField
	case f.AutoFilled && !f.Writable:
		return errFieldRole // an OAuth picker's: Wiro writes it
	}
	row.name = f.Key
	return nil
}

// upsertCredentials answers POST /UserAgent/CredentialUpsert. Rows that are not right are
// left out and named; the others are written all the same.
func (a *Agents) upsertCredentials(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	rows, ok := c.Args["fields"].([]any)
	if !ok || len(rows) == 0 {
		return nil, core.Required("fields")
	}
	applied := 0
	skipped := &core.Failure{}
	for _, item := range rows {
		if err := a.upsertRow(c, u, item); err != nil {
			skipped.Errors = append(skipped.Errors, err.Errors...)
			continue
		}
		applied++
	}
	if applied > 0 {
		a.settle(u)
		a.restart(u)
	}
	if len(skipped.Errors) > 0 {
		skipped.Partial = applied > 0
		return nil, skipped.With("applied", applied)
	}
	return core.Fields{{"applied", applied}}, nil
}

func (a *Agents) upsertRow(c *core.Call, u *userAgent, item any) *core.Failure {
	given, ok := item.(map[string]any)
	if !ok {
		return core.ErrInvalidBody
	}
	arg := core.Args(given)
	h := u.credential(a.registry, arg.Text("credentialkey"))
	if h == nil {
		return errNoCredential
	}
	if status := arg.Text("fieldstatus"); status != "" && status != statusUser {
		return errFieldRole
	}
	row := credentialRow{parent: arg.Text("parentfield"), ordinal: arg.Int("ordinal", 0), name: arg.Text("fieldname")}
	if strings.HasPrefix(arg.Text("ordinal"), "-") {
		return errNoField
	}
	if err := h.writable(&row); err != nil {
		return err.(*core.Failure) //nolint:errorlint // writable makes no others
	}
	if row.value, ok = given["fieldvalue"].(string); !ok {
		return errNoText
	}
	a.write(u, h, row, c.Project)
	return nil
}

// credentialHistory answers POST /UserAgent/CredentialFieldHistory, newest first. What the
// platform fills in has no history that a user may see.
func (a *Agents) credentialHistory(c *core.Call) (core.Fields, error) {
	u, err := a.instance(c, "useragentguid", errNoUserAgent)
	if err != nil {
		return nil, err
	}
	key, err := c.Args.Require("credentialkey")
	if err != nil {
		return nil, err
	}
	h := u.credential(a.registry, key)
	if h == nil {
		return nil, errNoCredential
	}
	entries := []core.Object{}
	for _, change := range slices.Backward(h.history) {
		if !h.Platform && between(c, change.at) {
			entries = append(entries, change.view(u, h.Key))
		}
	}
	return core.Fields{{"entries", entries}}, nil
}

func (e credentialChange) view(u *userAgent, key string) core.Object {
	o := core.Object{
		{"guid", e.guid}, {"useragentguid", u.guid}, {"credentialkey", key}, {"fieldname", e.row.name}, {"fieldvalue", e.row.value},
		{"fieldstatus", e.status}, {"parentfield", optional(e.row.parent)}, {"ordinal", e.row.ordinal}, {"operation", "upsert"},
		{"changedby", system}, {"changedby_user", nil}, {"changedat", strconv.FormatInt(e.at.Unix(), 10)},
	}
	if e.by != nil {
		o.Set("changedby", e.by.UUID())
		o.Set("changedby_user", e.by.Actor())
	}
	return o
}
