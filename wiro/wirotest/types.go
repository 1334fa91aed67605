package wirotest

import (
	"net/http"
	"time"
)

// A Stage is a status of a task or of a message to an agent, and the type of the event that
// announces it.
//
// Wiro docs: Tasks, Task Lifecycle; Agent Messaging, Message Lifecycle.
type Stage string

// Stages of a task in their order, then those of a message to an agent. TaskOutput,
// TaskError and AgentOutput come any number of times; TaskStreamReady, TaskStreamEnd and
// TaskCost belong to realtime models; TaskCancel ends a task from anywhere.
const (
	TaskQueue            Stage = "task_queue"
	TaskAccept           Stage = "task_accept"
	TaskPreprocessStart  Stage = "task_preprocess_start"
	TaskPreprocessEnd    Stage = "task_preprocess_end"
	TaskAssign           Stage = "task_assign"
	TaskStart            Stage = "task_start"
	TaskStreamReady      Stage = "task_stream_ready"
	TaskOutput           Stage = "task_output"
	TaskError            Stage = "task_error"
	TaskStreamEnd        Stage = "task_stream_end"
	TaskCost             Stage = "task_cost"
	TaskOutputFull       Stage = "task_output_full"
	TaskErrorFull        Stage = "task_error_full"
	TaskEnd              Stage = "task_end"
	TaskPostprocessStart Stage = "task_postprocess_start"
	TaskPostprocessEnd   Stage = "task_postprocess_end"
	TaskCancel           Stage = "task_cancel"
	AgentQueue           Stage = "agent_queue"
	AgentStart           Stage = "agent_start"
	AgentOutput          Stage = "agent_output"
	AgentEnd             Stage = "agent_end"
	AgentError           Stage = "agent_error"
	AgentCancel          Stage = "agent_cancel"
)

// A SocketMode is how the WebSocket server treats its clients.
type SocketMode int

// Socket modes.
const (
	// SocketNormal works as documented.
	SocketNormal SocketMode = iota
	// SocketRefuse answers upgrades with HTTP 503.
	SocketRefuse
	// SocketSilent accepts connections and registrations, and never sends anything but
	// pongs.
	SocketSilent
	// SocketGarbage sends nonsense before each event and answers registrations with it.
	SocketGarbage
)

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

// A Request is one call that came in.
type Request struct {
	// Method and Path of the call; the path is relative to the base URL: "Task/Detail".
	Method, Path string
	// Header is the client's, secrets included.
	Header http.Header
	// Body holds the JSON object or the form fields. Numbers are json.Number. A form field
	// given several times is a []any.
	Body map[string]any
	// Files are the files of a multipart form.
	Files []RequestFile
	// Time is when the request's header had been read.
	Time time.Time
}

// A RequestFile is one file of a multipart form.
type RequestFile struct {
	// Field is the form field, Name the file's name, ContentType what the part claims.
	Field, Name, ContentType string
	// Size in bytes.
	Size int64
}

// A Task is a run of a model as the Server has it; a Behavior can make Task/Detail
// say something else.
type Task struct {
	// ID and Token are what the run was answered with.
	ID    int64
	Token string
	// Key is the API key of the project that started it.
	Key string
	// Model is its slug: "openai/sora-2".
	Model  string
	Status Stage
	// ExitCode is "0" after a success, and empty until the model has exited.
	ExitCode string
	// Cost in USD.
	Cost float64
	// Params are the parameters of the run, with URLs in place of uploads.
	Params map[string]any
	// Created, Started and Ended are zero until the task gets there.
	Created, Started, Ended time.Time
	// Outputs is how many things it has left behind.
	Outputs int
}
