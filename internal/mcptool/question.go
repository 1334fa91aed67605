package mcptool

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// Question is something that the client asks its user before the call goes on, or, if it
// cannot, a charge that a second call confirms.
type Question struct {
	result       *mcp.CallToolResult
	confirmation *confirmation // instead of result
	err          error         // why it cannot be asked
}

// render is what the call answers with.
func (q *Question) render(c *Call) *mcp.CallToolResult {
	if q.confirmation != nil {
		return c.render(*q.confirmation)
	}
	return c.plain().question(q.result)
}

const openID = "open"

// AskToOpen asks the client's user to open a page, which must be a web address. The message
// gets the page's host. The address goes out in the sealed state too, so that OpenedPage
// recognizes it: nothing is kept here meanwhile.
func (c *Call) AskToOpen(address, message string) *Question {
	host, err := webHost(address)
	if err != nil {
		return &Question{err: Problemf("The page cannot be opened: its address is no https address.")}
	}
	message += " The page is on " + host + "."
	state := c.seal(openID, c.digest(address)) + "." + base64.RawURLEncoding.EncodeToString([]byte(address))
	ask := server.NewInputRequestBuilder(state).Elicit(openID, mcp.ElicitationParams{
		Mode: mcp.ElicitationModeURL, Message: message, URL: address, ElicitationID: rand.Text(),
	})
	return &Question{result: ask.ToolResult()}
}

// OpenedPage returns the page that this very call asked the user to open, once the user has
// agreed. A refusal is an error; an answer to anything else is ignored. A client that could not
// ask its user counts as one that does not open pages from then on.
func (c *Call) OpenedPage() (address string, opened bool, err error) {
	answer := server.ElicitationResponse(c.request.Params.InputResponses, openID)
	address, asked, valid := c.askedToOpen()
	switch {
	case valid && (answer == nil || c.Client.AnswersByItself(answer.Action, time.Since(asked))):
		c.Client.SupportsURLElicitation, c.Client.CannotAsk = false, true
		return "", false, nil
	case answer == nil:
		return "", false, nil
	case answer.Action != mcp.ElicitationResponseActionAccept:
		return "", false, Problemf("The user did not open the page: nothing was connected.")
	case !valid:
		return "", false, nil
	}
	return address, true, nil
}

// askedToOpen returns the page that the call's state says this very call asked the user to open,
// and when.
func (c *Call) askedToOpen() (address string, asked time.Time, valid bool) {
	state := c.State()
	cut := strings.LastIndexByte(state, '.')
	if cut < 0 {
		return "", time.Time{}, false
	}
	page, err := base64.RawURLEncoding.DecodeString(state[cut+1:])
	if err != nil {
		return "", time.Time{}, false
	}
	asked, valid = c.unseal(openID, state[:cut], c.digest(string(page)))
	return string(page), asked, valid
}
