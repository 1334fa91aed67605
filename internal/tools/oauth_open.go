package tools

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

const openID = "open"

// openPage asks the client's user to open a page. The address goes out in the sealed state
// too, so that openedPage knows it again: nothing is kept here meanwhile.
func (c *Call) openPage(address, message string) error {
	state := c.seal(c.digest(address)) + "." + base64.RawURLEncoding.EncodeToString([]byte(address))
	ask := server.NewInputRequestBuilder(state).Elicit(openID, mcp.ElicitationParams{
		Mode: mcp.ElicitationModeURL, Message: message, URL: address, ElicitationID: rand.Text(),
	})
	return &askUser{ask.ToolResult()}
}

// openedPage returns the page that this very call asked the user to open, once they have
// said yes. A no is an error; an answer to anything else is none.
func (c *Call) openedPage() (address string, opened bool, err error) {
	answer := server.ElicitationResponse(c.request.Params.InputResponses, openID)
	if answer == nil {
		return "", false, nil
	}
	if answer.Action != mcp.ElicitationResponseActionAccept {
		return "", false, problem("The user did not open the page: nothing was connected.")
	}
	state := c.request.Params.RequestState
	cut := strings.LastIndexByte(state, '.')
	if cut < 0 {
		return "", false, nil
	}
	page, decodeErr := base64.RawURLEncoding.DecodeString(state[cut+1:])
	if decodeErr != nil || !c.unseal(state[:cut], c.digest(string(page))) {
		return "", false, nil
	}
	return string(page), true, nil
}
