package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// codeRefused is a JSON-RPC code that a server may define itself. The HTTP status says more.
const codeRefused = -32000

// message is one JSON-RPC message.
type message struct {
	Version string
	ID      json.RawMessage
	Method  string
	Params  json.RawMessage

	clientAnswer // of a reply

	arguments json.RawMessage // of a tool; Params is without them, as the MCP server decodes it several times
	bare      bool            // it calls a tool, and Params has nothing but its name and _meta

	oddMethod bool     // Method is there and is no text
	invalid   string   // what is wrong with Params; "" for nothing
	params    struct { // what this package reads of Params
		Name  string          `json:"name"` // of a tool or a prompt
		URI   string          `json:"uri"`  // of a resource
		Meta  *mcp.Meta       `json:"_meta"`
		token json.RawMessage // for progress, as the client wrote it
	}
}

// readMessage reads one message. The id of an object that is no message is kept: its client
// waits for an answer. Nothing of the message is in data any more.
func readMessage(data []byte) (m message, err error) {
	switch kind := kindOf(data); {
	case !json.Valid(data):
		return message{}, errors.New("not JSON")
	case kind == 'n':
		return message{}, nil
	case kind != '{':
		return message{}, errors.New("not an object")
	}
	mcptool.Members(data, func(name []byte, value json.RawMessage) {
		switch strings.ToLower(string(name)) {
		case "jsonrpc":
			m.Version = versionOf(value)
		case "id":
			m.ID = bytes.Clone(value)
		case "method":
			m.Method, _ = mcptool.TextOf(value)
			m.oddMethod = value[0] != '"' && value[0] != 'n'
		case "params":
			m.Params = bytes.Clone(value)
		case "result":
			m.Result = bytes.Clone(value)
		case "error":
			m.Error = bytes.Clone(value)
		}
	})
	m.invalid = m.normalize()
	return m, nil
}

// versionOf is a version of JSON-RPC, which some write as the number 2; "" for anything else.
func versionOf(value json.RawMessage) (version string) {
	switch string(value) {
	case "2", mcp.JSONRPC_VERSION, `"` + mcp.JSONRPC_VERSION + `"`:
		return mcp.JSONRPC_VERSION
	}
	_ = json.Unmarshal(value, &version) // fault says what is wrong
	return version
}

// trim takes white space and byte-order marks off the ends of a message. Programs write a mark
// at the beginning of a stream, of a line or of a body.
func trim(message []byte) []byte {
	for {
		trimmed := bytes.TrimPrefix(bytes.TrimSpace(message), []byte("\xef\xbb\xbf"))
		if len(trimmed) == len(message) {
			return trimmed
		}
		message = trimmed
	}
}

// decodedSize is about how many bytes of memory the messages of a body take, with all that is
// decoded from them. The error says that they hold more than is decoded.
func decodedSize(body []byte) (int, error) {
	values, err := mcptool.CountValues(body)
	return 4*len(body) + 256*values, err
}

// readMessages reads the messages of a body: one, or an array of them. An array's element
// that is no message comes as an empty one. The caller has trimmed the body, and checked it with
// decodedSize.
func readMessages(body []byte) (messages []message, batch bool, err error) {
	if len(body) == 0 || body[0] != '[' {
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

// expectsAnswer reports whether a message is a request. Notifications and replies are not
// passed on: the MCP server would apply them, a cancel above all, to another caller's request.
func (m *message) expectsAnswer() bool {
	method := strings.ToLower(strings.TrimSpace(m.Method))
	return m.Method != "" && len(m.ID) > 0 && !strings.HasPrefix(method, "notifications/")
}

// isReply reports whether a message is a client's reply to a question of this server.
func (m *message) isReply() bool {
	return m.Method == "" && !m.oddMethod && (len(m.ID) > 0 || len(m.Result) > 0 || len(m.Error) > 0)
}

// fault says what keeps a message from being one of JSON-RPC; "" where nothing does.
func (m *message) fault() string {
	switch {
	case m.Version != mcp.JSONRPC_VERSION:
		return `This is no JSON-RPC 2.0 message: "jsonrpc" must be "2.0".`
	case m.oddMethod:
		return `"method" must be a text.`
	case m.Method == "" && len(m.ID) == 0:
		return `This is no JSON-RPC message: it has neither "method" nor "id".`
	case len(m.ID) > 0 && !isID(m.ID):
		return `"id" must be a text or a number, of 1 KB at most.`
	case len(m.Method) > mcptool.MaxName:
		return "There is no such method: its name is longer than 200 bytes."
	}
	return ""
}

// maxToken is the length of the longest id or progress token, in bytes: it comes back with each
// answer and each notification.
const maxToken = 1024

// isID reports whether a JSON value can be an id or a progress token: a text or a number, and
// not too long.
func isID(value json.RawMessage) bool {
	kind := kindOf(value)
	return (kind == '"' || kind == '0') && len(value) <= maxToken
}

// idKey tells ids apart by their kind and all their digits: "5" and 5 are two, and so are
// numbers that a float64 cannot tell apart.
func idKey(id json.RawMessage) string {
	if text, ok := mcptool.TextOf(id); ok {
		return `"` + text
	}
	return string(bytes.TrimSpace(id))
}

// encode renders the message anew: the MCP server reads what was checked here, even if the
// message came with duplicate or oddly spelled members. The id is not the client's, which the
// MCP server would round: see handle. A tool's arguments are left out unless they are wanted.
func (m *message) encode(withArguments bool) ([]byte, error) {
	method, err := json.Marshal(m.Method)
	if err != nil {
		return nil, err
	}
	data := make([]byte, 0, len(method)+len(m.Params)+64)
	data = append(data, `{"jsonrpc":"`+mcp.JSONRPC_VERSION+`","id":1,"method":`...)
	data = append(data, method...)
	params := m.Params // valid JSON: it was decoded
	if withArguments && m.arguments != nil {
		members, _ := objectOf(params)
		members["arguments"] = m.arguments
		params = encodeObject(members)
	}
	if len(params) > 0 {
		data = append(data, `,"params":`...)
		data = append(data, params...)
	}
	return append(data, '}'), nil
}

// encodeAnswer encodes an answer with the client's own id, byte by byte. json.Marshal would write
// the id in its own way, and check and copy the encoding of a result once more.
func encodeAnswer(answer mcp.JSONRPCMessage, id json.RawMessage) (data []byte, err error) {
	data = append(append([]byte(`{"jsonrpc":"`+mcp.JSONRPC_VERSION+`","id":`), id...), ',')
	switch a := answer.(type) {
	case mcp.JSONRPCResponse:
		data, err = appendResult(append(data, `"result":`...), a.Result)
	case mcp.JSONRPCError:
		data, err = appendJSON(append(data, `"error":`...), a.Error)
	default:
		err = fmt.Errorf("%T is no answer", answer)
	}
	return append(data, '}'), err
}

func appendResult(data []byte, result any) ([]byte, error) {
	switch r := result.(type) {
	case *mcp.CallToolResult:
		return appendToolResult(data, *r)
	case mcp.CallToolResult:
		return appendToolResult(data, r)
	case json.Marshaler:
		encoded, err := r.MarshalJSON()
		return append(data, encoded...), err
	}
	return appendJSON(data, result)
}

func appendJSON(data []byte, value any) ([]byte, error) {
	encoded, err := json.Marshal(value)
	return append(data, encoded...), err
}

// appendToolResult appends the result of a tool, whose structured form is encoded already.
func appendToolResult(data []byte, r mcp.CallToolResult) ([]byte, error) {
	structured, encoded := r.StructuredContent.(json.RawMessage)
	if encoded {
		r.StructuredContent = nil
	}
	if text, ok := onlyText(r); ok { // as nearly all have
		data = slices.Grow(data, len(text)+len(text)/8+len(structured)+128)
		data = append(appendText(append(data, `{"content":[{"type":"text","text":`...), text), `}]`...)
		if r.IsError {
			data = append(data, `,"isError":true`...)
		}
	} else {
		head, err := r.MarshalJSON()
		if err != nil {
			return nil, err
		}
		data = append(data, head[:len(head)-1]...) // an object that has "content"
	}
	if encoded {
		data = append(append(data, `,"structuredContent":`...), structured...)
	}
	return append(data, '}'), nil
}

// onlyText returns the text of a result that has nothing else, but may be an error.
func onlyText(r mcp.CallToolResult) (string, bool) {
	if len(r.Content) != 1 || r.StructuredContent != nil || len(r.RawStructuredContent) > 0 ||
		r.Meta != nil || r.ResultType != "" || r.InputRequests != nil || r.RequestState != "" {
		return "", false
	}
	text, ok := r.Content[0].(mcp.TextContent)
	return text.Text, ok && text == mcp.NewTextContent(text.Text)
}

// encodeBatch puts encoded answers into a list.
func encodeBatch(answers [][]byte) []byte {
	return slices.Concat([]byte{'['}, bytes.Join(answers, []byte{','}), []byte{']'})
}

// label is the method as logs and metrics know it: one of the protocol's, or "other".
func (m *message) label() string {
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
	return bytes.TrimSpace(b.Bytes())
}

// refuse answers a whole HTTP request with an error.
func refuse(w http.ResponseWriter, status, code int, id json.RawMessage, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(rpcError(id, code, text)) // the client is gone then
}
