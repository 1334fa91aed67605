package tools

import (
	"fmt"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// States of an AccountLink.
const (
	linkReady  = "authorization_required" // the user has to open the page
	linkOpened = "opened"                 // the client has opened it for the user
)

// AccountLink is the page where a user connects an account, and what to do afterwards.
type AccountLink struct {
	State string `json:"state"`
	account
	AuthorizeURL string              `json:"authorizeUrl"`
	ValidMinutes int                 `json:"validMinutes"`
	Then         string              `json:"then"`
	NextAction   *mcptool.NextAction `json:"nextAction,omitempty"`
	question     *mcptool.Question
}

func (c *Call) accountLink(in connection, address, state string) AccountLink {
	const lifetime = 15 // minutes, of the state that the page carries
	connected, failed := in.key().ReturnParams()
	link := AccountLink{
		State: state, account: in.account, AuthorizeURL: address, ValidMinutes: lifetime,
		Then: fmt.Sprintf("Afterwards the browser is at redirecturl, with %s=true, or %s and the reason.", connected, failed),
	}
	if thing, list := in.key().Selection(); thing != "" {
		link.Then += fmt.Sprintf(" Its parameter %s lists each %s with its id: the user chooses one, and %s sets it.",
			list, thing, c.toolName("select_agent_account"))
	}
	link.NextAction = c.Next("get_agent_account_status", "see whether it is connected, once the user is done", in.arguments())
	return link
}

// Text is the address and what to do with it.
func (l AccountLink) Text() string {
	lead := fmt.Sprintf("To connect %s, the user opens this address within %d minutes:", l.key().Title(), l.ValidMinutes)
	if l.State == linkOpened {
		lead = "The user is connecting " + l.key().Title() + " at this address:"
	}
	return mcptool.TextWithNext(lead+"\n"+l.AuthorizeURL+"\n"+l.Then, l.NextAction)
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

// Text says it in a line or two.
func (s AccountStatus) Text() string {
	text := s.key().Title() + ": not connected."
	if s.Connected {
		text = s.key().Title() + ": connected"
		switch {
		case s.Name != "" && s.ID != "":
			text += fmt.Sprintf(" as %s (%s)", s.Name, s.ID)
		case s.Name != "" || s.ID != "":
			text += " as " + s.Name + s.ID
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

// AccountAction is something done to an agent's account.
type AccountAction struct {
	mcptool.ActionResult
	account
	ID           string              `json:"id,omitempty"`
	Name         string              `json:"name,omitempty"`
	AccessToken  string              `json:"accessToken,omitempty"`  // [set] or [empty]
	RefreshToken string              `json:"refreshToken,omitempty"` // [set] or [empty]
	NextAction   *mcptool.NextAction `json:"nextAction,omitempty"`
}

// Text is what was done.
func (a AccountAction) Text() string {
	text := a.Message
	if a.AccessToken != "" {
		text += fmt.Sprintf(" Access token %s, refresh token %s.", a.AccessToken, a.RefreshToken)
	}
	return mcptool.TextWithNext(text, a.NextAction)
}

// DriveFolders are folders in Google Drive that an agent can be given.
type DriveFolders struct {
	ServiceAccount string        `json:"serviceAccountEmail"`
	Folders        []DriveFolder `json:"folders"`
}

// DriveFolder is a folder in Google Drive.
type DriveFolder struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Modified string `json:"modifiedAt,omitempty"`
	Owner    string `json:"owner,omitempty"`
}

func driveFolders(found wiro.DriveFolders) DriveFolders {
	list := DriveFolders{ServiceAccount: found.ServiceAccount, Folders: make([]DriveFolder, 0, len(found.Folders))}
	for _, f := range found.Folders {
		list.Folders = append(list.Folders, DriveFolder{f.ID, f.Name, moment(f.ModifiedAt), f.Owner})
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
		fmt.Fprintf(&b, "- %s · %s", f.ID, f.Name)
		for _, more := range []string{f.Owner, f.Modified} {
			if more != "" {
				b.WriteString(" · " + more)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString(`To choose: set_agent_credentials, for each folder two fields with parentfield "folders" and its ordinal: id and name. get_my_agent shows the credentialkey.`)
	return b.String()
}
