package tools

import (
	"fmt"
	"strings"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/consent"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// States of an AccountLink.
const (
	linkReady     = "authorization_required" // the user has to open the page
	linkOpened    = "opened"                 // the client has opened it for the user
	linkChoose    = "choice_required"        // the user has consented, and has to choose what of the account the agent works with
	linkConnected = "connected"
)

// AccountLink is the page where a user connects an account, and what to do afterwards; or the
// account, once it is connected.
type AccountLink struct {
	State string `json:"state"`
	account
	AuthorizeURL string              `json:"authorizeUrl,omitempty"`
	ValidMinutes int                 `json:"validMinutes,omitempty"`
	ID           string              `json:"id,omitempty"`   // of what the agent works with
	Name         string              `json:"name,omitempty"` // of that, or of the account
	Choices      []AccountOption     `json:"choices,omitempty"`
	Then         string              `json:"then"`
	NextAction   *mcptool.NextAction `json:"nextAction,omitempty"`
	question     *mcptool.Question
}

// accountLink is the page of a consent that leads back to a page that is not ours.
func (c *Call) accountLink(in connection, address, state string) AccountLink {
	connected, failed := in.key().ReturnParams()
	page := "redirecturl"
	if in.Redirect == "" {
		page = "Wiro's dashboard"
	}
	link := AccountLink{
		State: state, account: in.account, AuthorizeURL: address, ValidMinutes: int(consent.Lifetime.Minutes()),
		Then: fmt.Sprintf("Afterwards the browser is at %s, with %s=true, or %s and the reason.", page, connected, failed),
	}
	if thing, list := in.key().Selection(); thing != "" {
		link.Then += fmt.Sprintf(" Its parameter %s lists each %s with its id: the user chooses one, and %s sets it; it takes that whole address, too.",
			list, thing, c.toolName("select_agent_account"))
	}
	link.Then += c.callbackNote(in)
	link.NextAction = c.Next("get_agent_account_status", "see whether it is connected, once the user is done", in.account.arguments())
	return link
}

// flowLink is the page of a consent that leads back to our page, as it stands.
func (c *Call) flowLink(in connection, flow *consent.Flow, state string) AccountLink {
	link := AccountLink{
		State: state, account: in.account, AuthorizeURL: flow.Authorize,
		ValidMinutes: max(1, int(time.Until(flow.Expires).Minutes())),
		NextAction:   c.Next("connect_agent_account", "wait until the user is done", in.arguments()),
	}
	thing, _ := in.key().Selection()
	switch {
	case state == linkChoose:
		link.AuthorizeURL, link.Choices = "", accountChoices(flow.Return.Choices)
		link.Then = fmt.Sprintf("The user chooses the %s on the page that is open in the browser, or tells you which: %s sets it.", thing, c.toolName("select_agent_account"))
		return link
	case thing != "":
		link.Then = fmt.Sprintf("Afterwards the user chooses the %s on the page that opens.", thing)
	default:
		link.Then = "Afterwards a page says whether it is connected."
	}
	if strings.HasPrefix(flow.Redirect, "http://") { // a page of this computer
		link.Then += " That page is on this computer: if the browser runs on another one and cannot show it, the user copies the address that it shows"
		if thing != "" {
			link.Then += ", and " + c.toolName("select_agent_account") + " takes it as address."
		} else {
			link.Then += "; get_agent_account_status says whether it is connected."
		}
	}
	link.Then += c.callbackNote(in)
	return link
}

// callbackNote names the address that an app of one's own has to be registered with.
func (c *Call) callbackNote(in connection) string {
	if in.Method != "own" {
		return ""
	}
	return fmt.Sprintf(" The redirect URI of your app must be %s.", c.Wiro.Credentials.CallbackURL(in.key()))
}

// Text is the address and what to do with it.
func (l AccountLink) Text() string {
	service := l.key().Title()
	lead := fmt.Sprintf("To connect %s, the user opens this address within %d minutes:\n%s\n", service, l.ValidMinutes, l.AuthorizeURL)
	switch l.State {
	case linkOpened:
		lead = "The user is connecting " + service + " at this address:\n" + l.AuthorizeURL + "\n"
	case linkChoose:
		thing, _ := l.key().Selection()
		lead = fmt.Sprintf("The user has consented. %s needs the %s to work with:%s\n", service, thing, choiceLines(l.Choices))
	case linkConnected:
		lead = service + " is connected"
		if account := nameAndID(l.Name, l.ID); account != "" {
			lead += ": " + account
		}
		lead += ".\n"
	}
	return mcptool.TextWithNext(lead+l.Then, l.NextAction)
}

// Question is set where the client asks its user to open the page.
func (l AccountLink) Question() *mcptool.Question { return l.question }

// AccountStatus is how an agent's connection to a service stands.
type AccountStatus struct {
	account
	Connected             bool                `json:"connected"`
	ID                    string              `json:"id,omitempty"`
	Name                  string              `json:"name,omitempty"`
	ConnectedAt           string              `json:"connectedAt,omitempty"`
	TokenExpiresAt        string              `json:"tokenExpiresAt,omitempty"`
	RefreshTokenExpiresAt string              `json:"refreshTokenExpiresAt,omitempty"`
	Choices               []AccountOption     `json:"choices,omitempty"`
	Note                  string              `json:"note,omitempty"`
	NextAction            *mcptool.NextAction `json:"nextAction,omitempty"`
}

func (c *Call) accountStatus(in account, now wiro.Connection) AccountStatus {
	s := AccountStatus{
		account: in, Connected: now.Connected, ID: now.Account().ID, Name: redactTokens(now.Account().Name),
		ConnectedAt: moment(now.ConnectedAt), TokenExpiresAt: moment(now.TokenExpiresAt), RefreshTokenExpiresAt: moment(now.RefreshTokenExpiresAt),
	}
	thing, list := in.key().Selection()
	chosen := s.ID != "" || s.Name != ""
	switch {
	case s.Connected && (thing == "" || chosen):
		return s
	case thing != "" && !chosen && (s.Connected || s.ConnectedAt != ""):
		s.Note = fmt.Sprintf("The %s is still to be chosen: %s, with an id from the parameter %s of the address that the browser came back to.",
			thing, c.toolName("select_agent_account"), list)
	case thing != "":
		s.Note = fmt.Sprintf("If the user has consented already, choose the %s: %s, with an id from the parameter %s of the address "+
			"that the browser came back to. Otherwise connect the account: %s.", thing, c.toolName("select_agent_account"), list, c.toolName("connect_agent_account"))
	case in.key() == wiro.Mailchimp:
		s.Note = fmt.Sprintf("An API key that was entered instead does not show here: get_my_agent shows it. To connect an account: %s.",
			c.toolName("connect_agent_account"))
	default:
		s.Note = "To connect an account: " + c.toolName("connect_agent_account") + "."
	}
	s.NextAction = c.Next("get_my_agent", "see what else the agent needs", agentRef(in.UserAgent))
	return s
}

// addFlow completes a status with the consent that is under way.
func (c *Call) addFlow(s *AccountStatus, flow *consent.Flow) {
	s.NextAction = c.Next("connect_agent_account", "wait until the user is done", s.arguments())
	if flow.Return == nil {
		s.Note = "A consent is under way: the user opens " + flow.Authorize
		return
	}
	if s.Choices = accountChoices(flow.Return.Choices); s.Choices != nil {
		thing, _ := s.key().Selection()
		s.Note = fmt.Sprintf("The user has consented, and still has to choose the %s:%s", thing, choiceLines(s.Choices))
	}
}

// Text says it in a line or two.
func (s AccountStatus) Text() string {
	text := s.key().Title() + ": not connected."
	if s.Connected {
		text = s.key().Title() + ": connected"
		if account := nameAndID(s.Name, s.ID); account != "" {
			text += " as " + account
		}
		text += "."
	}
	for _, at := range []struct{ what, when string }{
		{"Connected at", s.ConnectedAt}, {"Token good until", s.TokenExpiresAt}, {"Refresh token good until", s.RefreshTokenExpiresAt},
	} {
		if at.when != "" {
			text += fmt.Sprintf(" %s %s.", at.what, at.when)
		}
	}
	if s.Note != "" {
		text += "\n" + s.Note
	}
	return mcptool.TextWithNext(text, s.NextAction)
}

// nameAndID is "name (id)", or the one that is known.
func nameAndID(name, id string) string {
	if name == "" || id == "" {
		return name + id
	}
	return name + " (" + id + ")"
}

// AccountAction is something done to an agent's account.
type AccountAction struct {
	mcptool.ActionResult
	account
	ID           string              `json:"id,omitempty"`
	Name         string              `json:"name,omitempty"`
	Choices      []AccountOption     `json:"choices,omitempty"`
	AccessToken  string              `json:"accessToken,omitempty"`  // [set] or [empty]
	RefreshToken string              `json:"refreshToken,omitempty"` // [set] or [empty]
	NextAction   *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Text is what was done.
func (a AccountAction) Text() string {
	text := a.Message + choiceLines(a.Choices)
	if a.AccessToken != "" {
		text += fmt.Sprintf(" Access token %s, refresh token %s.", a.AccessToken, a.RefreshToken)
	}
	return mcptool.TextWithNext(text, a.NextAction)
}

// DriveFolders are folders in Google Drive that an agent can be given.
type DriveFolders struct {
	ServiceAccount string              `json:"serviceAccountEmail"`
	Folders        []DriveFolder       `json:"folders"`
	NextAction     *mcptool.NextAction `json:"nextAction,omitempty"`
}

// DriveFolder is a folder in Google Drive.
type DriveFolder struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Modified string `json:"modifiedAt,omitempty"`
	Owner    string `json:"owner,omitempty"`
}

func (c *Call) driveFolders(userAgent string, found wiro.DriveFolders) DriveFolders {
	list := DriveFolders{ServiceAccount: found.ServiceAccount, Folders: make([]DriveFolder, 0, len(found.Folders))}
	for _, f := range found.Folders {
		list.Folders = append(list.Folders, DriveFolder{f.ID, f.Name, moment(f.ModifiedAt), f.Owner})
	}
	if len(list.Folders) > 0 {
		var rows []any
		for i, f := range list.Folders {
			for _, field := range [][2]string{{"id", f.ID}, {"name", f.Name}} {
				rows = append(rows, map[string]any{"credentialkey": "google-drive", "parentfield": "folders", "ordinal": i, "fieldname": field[0], "fieldvalue": field[1]})
			}
		}
		arguments := agentRef(userAgent)
		arguments["fields"] = rows
		list.NextAction = c.Next("set_agent_credentials", "with the folders that the user chooses", arguments)
	}
	return list
}

// Text is a line a folder, and how to choose some.
func (d DriveFolders) Text() string {
	if len(d.Folders) == 0 {
		return fmt.Sprintf("No folder is shared with %s yet. Share one with it in Google Drive, as Editor or Content manager.", d.ServiceAccount)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s shared with %s:\n", mcptool.Count(len(d.Folders), "folder"), d.ServiceAccount)
	for _, f := range d.Folders {
		b.WriteString("- " + mcptool.Row(f.ID, f.Name, f.Owner, f.Modified) + "\n")
	}
	return mcptool.TextWithNext(b.String(), d.NextAction)
}
