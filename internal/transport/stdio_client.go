package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

// unreadHold is how long a result waits at most for a client to read the call's progress.
const unreadHold = 2 * time.Second

// clientAnswer is what the client said to a question of ours.
type clientAnswer struct {
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// failed reports whether the answer is an error. Some write null for none.
func (a clientAnswer) failed() bool {
	kind := kindOf(a.Error)
	return kind != 0 && kind != 'n'
}

// errNotAsked means that the client did not answer a question as the protocol has it. It may
// be a client that declares elicitation and has nobody to ask.
var errNotAsked = errors.New("the client could not ask its user")

// stdioSession is a message's session, through which tools can ask the user. It implements
// mcp-go's SessionWithElicitation.
type stdioSession struct {
	*session
	connection *connection
	notAsked   atomic.Bool
}

// RequestElicitation asks the client's user and waits for the answer. notAsked is set if there
// is none: the client does not know the method, failed, or canceled without a user's doing.
func (s *stdioSession) RequestElicitation(ctx context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	asked := time.Now()
	answer, err := s.connection.ask(ctx, string(mcp.MethodElicitationCreate), request.Params)
	if err != nil {
		s.notAsked.Store(errors.Is(err, errNotAsked))
		return nil, err
	}
	result := &mcp.ElicitationResult{}
	client := mcptool.ClientInfo{Name: s.client.Name, Version: s.client.Version}
	if answer.failed() || json.Unmarshal(answer.Result, result) != nil || client.AnswersByItself(result.Action, time.Since(asked)) {
		s.notAsked.Store(true)
		return nil, errNotAsked
	}
	return result, nil
}

// ask sends a request to the client and waits for the reply.
func (c *connection) ask(ctx context.Context, method string, params any) (clientAnswer, error) {
	answers := make(chan clientAnswer, 1)
	c.mu.Lock()
	c.lastID++
	id := c.lastID
	key := strconv.FormatInt(id, 10)
	c.questions[key] = answers
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.questions, key)
	}()
	data, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		ID      int64  `json:"id"`
		Method  string `json:"method"`
		Params  any    `json:"params"`
	}{mcp.JSONRPC_VERSION, id, method, params})
	if err != nil {
		return clientAnswer{}, err
	}
	c.out.write(data)
	select {
	case answer := <-answers:
		return answer, nil
	case <-c.draining.Done():
		return clientAnswer{}, errNotAsked
	case <-ctx.Done():
		return clientAnswer{}, ctx.Err()
	}
}

// reply takes a client's reply to a question; any other is dropped.
func (c *connection) reply(m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := idKey(m.ID)
	if answers, ok := c.questions[key]; ok {
		answers <- m.clientAnswer // a question takes one
		delete(c.questions, key)
	}
}

func notification(method string, params map[string]any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // a token keeps its bytes
	err := encoder.Encode(struct {
		Version string         `json:"jsonrpc"`
		Method  string         `json:"method"`
		Params  map[string]any `json:"params"`
	}{mcp.JSONRPC_VERSION, method, params})
	return bytes.TrimSpace(b.Bytes()), err
}

// withToken returns a notifier that names the client's progress token as the client wrote it: the
// MCP server rounds numbers.
func (m *message) withToken(notify mcptool.Notifier) mcptool.Notifier {
	token := m.params.token
	if token == nil {
		return notify
	}
	return func(method string, params map[string]any) {
		if _, has := params["progressToken"]; has {
			params["progressToken"] = token
		}
		notify(method, params)
	}
}
