package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// JSON-RPC's code for what a server may define itself: the HTTP status says what it is about.
const codeRefused = -32000

// message is one JSON-RPC message.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`

	params struct { // what is looked at before it is passed on
		Name string    `json:"name"` // of a tool
		Meta *mcp.Meta `json:"_meta"`
	}
}

// readMessage reads one message.
func readMessage(data []byte) (m message, err error) {
	if err := json.Unmarshal(data, &m); err != nil {
		return message{}, err
	}
	if len(m.Params) > 0 {
		_ = json.Unmarshal(m.Params, &m.params) // the MCP server says what is wrong with them
	}
	return m, nil
}

// readMessages reads the messages of a body: one, or an array of them. An array's element
// that is no message comes as an empty one.
func readMessages(body []byte) (messages []message, batch bool, err error) {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '[' {
		one, err := readMessage(body)
		return []message{one}, false, err
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(body, &elements); err != nil {
		return nil, true, err
	}
	messages = make([]message, len(elements))
	for i, element := range elements {
		messages[i], _ = readMessage(element)
	}
	return messages, true, nil
}

// expectsAnswer reports whether a message is a request. The others, notifications and
// answers to requests that this server never makes, are taken and dropped: they would only
// meet the state of somebody else's call, a cancel above all.
func (m message) expectsAnswer() bool {
	method := strings.ToLower(strings.TrimSpace(m.Method))
	return m.Method != "" && len(m.ID) > 0 && !strings.HasPrefix(method, "notifications/")
}

// fault says what keeps a message from being one of JSON-RPC; "" where nothing does.
func (m message) fault() string {
	switch {
	case m.Version != mcp.JSONRPC_VERSION:
		return `This is no JSON-RPC 2.0 message: "jsonrpc" must be "2.0".`
	case m.Method == "" && len(m.ID) == 0:
		return `This is no JSON-RPC message: it has neither "method" nor "id".`
	case len(m.ID) > 0 && !isID(m.ID):
		return `"id" must be a text or a number.`
	}
	return ""
}

// isID reports whether a JSON value is a text or a number.
func isID(value json.RawMessage) bool { return strings.ContainsRune(`"-0123456789`, rune(value[0])) }

// encode renders the message anew, so that whoever reads it next sees what was checked here,
// whatever duplicate or oddly spelled members it came with.
func (m message) encode() ([]byte, error) { return json.Marshal(m) }

// label is the method as logs and metrics know it: one of the protocol's, or "other".
func (m message) label() string {
	if slices.Contains(methods, mcp.MCPMethod(m.Method)) {
		return m.Method
	}
	return "other"
}

var methods = []mcp.MCPMethod{
	mcp.MethodInitialize, mcp.MethodServerDiscover, mcp.MethodPing, mcp.MethodToolsList, mcp.MethodToolsCall,
	mcp.MethodResourcesList, mcp.MethodResourcesTemplatesList, mcp.MethodResourcesRead,
	mcp.MethodPromptsList, mcp.MethodPromptsGet, mcp.MethodCompletionComplete,
	mcp.MethodSetLogLevel, mcp.MethodSubscriptionsListen,
}

// rpcError is an answer that says no.
func rpcError(id json.RawMessage, code int, text string) []byte {
	answer := struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}{Version: mcp.JSONRPC_VERSION, ID: id}
	if len(id) == 0 || !isID(id) {
		answer.ID = json.RawMessage("null")
	}
	answer.Error.Code, answer.Error.Message = code, text
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return nil // texts and an id that was decoded before
	}
	return b.Bytes()
}

// refuse answers a whole HTTP request with an error.
func refuse(w http.ResponseWriter, status, code int, id json.RawMessage, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(rpcError(id, code, text)) // the client is gone then
}
