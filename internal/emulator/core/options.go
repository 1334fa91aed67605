package core

import (
	"time"

	"github.com/rs/zerolog"
)

// Projects that exist when Options.Keys is empty.
const (
	// DemoKey is the API key of a project that authenticates by key alone.
	DemoKey = "sandbox-demo-key"
	// DemoSignedKey is the API key of a project that signs its requests.
	DemoSignedKey = "sandbox-signed-key"
	// DemoSignedSecret is the secret of DemoSignedKey's project.
	DemoSignedSecret = "sandbox-signed-secret" //nolint:gosec // opens nothing but this emulator
	// DemoBalance is what each demo project starts with, in USD: enough to have no
	// concurrency limit.
	DemoBalance = 1000.0
)

// Where the parts of the emulator live on its server. None is the root, so that a client
// that drops the path of its base URL fails at once.
const (
	APIPath    = "/api/v1/"
	socketPath = "/socket/v1"
	CDNPath    = "/cdn/"
)

// Options sets up an emulator. The zero value runs as fast as possible, with the demo keys
// and nothing recorded.
type Options struct {
	// Pace scales how long every stage takes: 1 is believable (an image takes seconds, a
	// video most of a minute), 0.1 ten times as fast, 0 does not wait at all. Costs and
	// elapsed seconds do not depend on it.
	Pace float64
	// Keys are the projects that exist. Empty: the two demo projects.
	Keys []Key
	// Seed makes tokens and ids repeat from one server to the next. 0 picks one at random.
	Seed uint64
	// Log receives one debug line a request. The zero value logs nothing.
	Log zerolog.Logger
	// Record keeps every request for Requests.
	Record bool
	// MaxRequests bounds the record, oldest forgotten first. 0 means 10,000.
	MaxRequests int
	// MaxTasks bounds how many finished tasks are remembered, oldest forgotten first.
	// 0 means 10,000.
	MaxTasks int
	// MaxStoredBytes bounds the files that uploads leave behind, oldest forgotten first.
	// 0 means 1 GiB.
	MaxStoredBytes int64
	// AllowCallbacks lets callback URLs reach beyond loopback addresses.
	AllowCallbacks bool
	// PingInterval is how often a socket is pinged. 0 means 20 s.
	PingInterval time.Duration
	// PublicURL is the origin ("https://host:port") that URLs of files start with.
	// Empty: the origin that the request itself was sent to.
	PublicURL string
}

// Key is one project: the credentials that open it and the wallet behind it.
type Key struct {
	// Key is the API key. Secret switches the project to signed requests.
	Key, Secret string
	// ID is the project's id, for the parameter projectid of a run. Empty: made up.
	ID string
	// Name is what people call the project.
	Name string
	// Account groups projects of one owner: a run may bill another of them through
	// projectid. Empty: an account of its own.
	Account string
	// Balance is what the project can spend, in USD.
	Balance float64
	// AllowedIPs are the addresses or CIDR ranges that may use the project. Empty: all.
	AllowedIPs []string
	// BlockedModels are slugs of models that the project may not run: tool-not-accessible.
	BlockedModels []string
	// RateLimit is how many requests a second the project may make before HTTP 429, with
	// bursts of as many. 0: no limit.
	RateLimit float64
	// Suspended refuses every run: "Your account has been suspended. ...".
	Suspended bool
	// Guest is not signed in: models for members refuse it with code 98.
	Guest bool
}
