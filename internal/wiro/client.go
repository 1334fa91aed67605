// Package wiro is a client of the Wiro API, over HTTP and WebSocket. It signs requests,
// repeats what is safe to repeat and nothing else, and follows tasks and agent messages to
// their end. It knows nothing of MCP.
package wiro

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// The addresses of Wiro itself.
const (
	DefaultBaseURL   = "https://api.wiro.ai/v1"
	DefaultSocketURL = "wss://socket.wiro.ai/v1"
)

// NoSocket as SocketURL does without: tasks and messages are polled.
const NoSocket = "none"

// Options configure New. The zero value talks to Wiro itself.
type Options struct {
	BaseURL   string // of the HTTP API; DefaultBaseURL where empty
	SocketURL string // of the WebSocket; DefaultSocketURL where empty, NoSocket for none

	Credentials Credentials // those of every call that As does not replace
	UserAgent   string      // sent with every request; "wiro-mcp-go" where empty

	// HTTP carries the requests. Where nil, one with a large idle pool. Redirects are
	// never followed, whatever it says.
	HTTP *http.Client

	// Retry is the pause before the first repetition of a read; it doubles from there.
	// 500 ms where 0.
	Retry time.Duration

	// Poll are the pauses between looks at a task while no socket serves it, the last one
	// from then on: 2, 3, 5, then 10 s where nil.
	Poll []time.Duration

	// Safety is the pause between looks at a task while a socket does serve it: 30 s where 0.
	Safety time.Duration

	Observer Observer       // told of requests and sockets, for metrics; may be nil
	Log      zerolog.Logger // never sees a key, a token, an argument or a result
}

// Observer is told what the client does. Its methods must be quick and safe to call at once.
type Observer interface {
	// Request is called after every HTTP request that was sent, repetitions included.
	// Operation is the endpoint, such as Task/Detail; of a run with the model that the caller
	// named, such as Run/openai/sora-2. Status is 0 where no answer came.
	Request(operation string, status int, took time.Duration)
	// Sockets and Waits report how many are open.
	Sockets(open int)
	Waits(open int)
}

// Client calls the Wiro API for one caller. It is safe for use by many goroutines. As and
// InTeam make cheap copies that share connections and sockets.
type Client struct {
	*platform
	credentials Credentials
	team        string
	veil        *veil // what errors must not repeat; nil is nothing
}

// platform is what all callers share: connections, sockets and settings.
type platform struct {
	options Options
	http    *http.Client
	hub     *hub
	log     zerolog.Logger
}

// New returns a client. It opens no connection before the first call.
func New(o Options) *Client {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.SocketURL == "" {
		o.SocketURL = DefaultSocketURL
	}
	if o.UserAgent == "" {
		o.UserAgent = "wiro-mcp-go"
	}
	if o.Retry <= 0 {
		o.Retry = 500 * time.Millisecond
	}
	if len(o.Poll) == 0 {
		o.Poll = []time.Duration{2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second}
	}
	if o.Safety <= 0 {
		o.Safety = 30 * time.Second
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Transport: transport()}
	}
	h := *o.HTTP
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		platform:    &platform{options: o, http: &h, hub: newHub(o), log: o.Log},
		credentials: o.Credentials,
	}
}

func transport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 256,
		// Sooner than servers and balancers give a connection up: a submit that meets one just
		// being closed cannot be repeated.
		IdleConnTimeout: 30 * time.Second,
	}
}

// As returns a client for another caller.
func (c *Client) As(credentials Credentials) *Client {
	other := *c
	other.credentials = credentials
	return &other
}

// InTeam returns a client whose calls work in a team's context; "" leaves it.
//
// Wiro docs: Team API Access (the teamGUID header).
func (c *Client) InTeam(guid string) *Client {
	other := *c
	other.team = guid
	return &other
}

// BaseURL is the address of the HTTP API, without a slash at its end.
func (c *Client) BaseURL() string { return c.options.BaseURL }

// Close closes the sockets and idle connections. Waits that are under way go on by polling.
func (c *Client) Close() {
	c.hub.close()
	c.http.CloseIdleConnections()
}

type nobody struct{}

func (nobody) Request(string, int, time.Duration) {}
func (nobody) Sockets(int)                        {}
func (nobody) Waits(int)                          {}
