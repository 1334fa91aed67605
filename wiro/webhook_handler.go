package wiro

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/wiroai/wiro-mcp-go/internal/wiro"
)

// WebhookHandler is an http.Handler for the addresses that CallbackURL and NewMessage.CallbackURL
// name. It responds 200 at once, and then asks Wiro what really happened: webhooks are not signed,
// and anyone who knows the address can send one. OnTask and OnMessage are given Wiro's record,
// never what was posted. Wiro posts a webhook up to three times until it gets a 200; these doubles
// are dropped. The handler remembers the last 10,000 events of its process: a program that must not
// act twice, also when somebody posts an old webhook again, keeps a record of its own.
//
// A webhook is a hint that may get lost: if all three tries fail, only Tasks.List and
// Messages.History tell. A message that is canceled while it is queued causes none.
//
// Its fields must be set before the first request.
//
// Wiro docs: Agent Webhooks (Retry Policy, Security Considerations); Model Parameters.
type WebhookHandler struct {
	// Client asks Wiro, with the key of the project that ran the model or sent the message. For
	// the agents of a team, use a client from WithTeam.
	Client *Client

	// OnTask is called with each task that is over. If nil, webhooks of tasks are dropped.
	OnTask func(context.Context, TaskEvent)
	// OnMessage is called with each message to an agent that is over. If nil, webhooks of
	// messages are dropped.
	OnMessage func(context.Context, MessageEvent)
	// OnError is told of each request that led to no event: ErrNotWebhook for one that is no
	// webhook, ErrNotFound for one that names what Wiro does not know under the client's key, as
	// a forged one does, and what else kept Wiro from answering. It may be nil.
	OnError func(error)

	mu       sync.Mutex
	calls    sync.WaitGroup
	checking map[string]int      // webhooks that are being checked, with how often each was posted
	seen     map[string]struct{} // those that led to an event
	order    []string            // of seen, oldest first
	slots    chan struct{}       // one for each request to Wiro
	closed   bool
	closing  context.Context // ends with Shutdown's time
	abort    context.CancelFunc
}

// TaskEvent tells that a task is over.
type TaskEvent struct {
	Task Task // as Wiro's record states it
}

// MessageEvent tells that a message to an agent is over.
type MessageEvent struct {
	Message Message // as Wiro's record states it
	// Reported is the message as the webhook stated it, which anyone could have written. Of a
	// message that failed it may have the agent's own error. Texts of more than 64 KB are left out.
	Reported Message
}

const (
	maxWebhookSize    = 256 << 20        // bytes
	maxWebhook        = 1 << 20          // bytes that are kept of it while it is being checked
	maxWebhooksAtOnce = 256              // that are being checked; Wiro posts others again
	maxWebhookChecks  = 16               // requests to Wiro at once
	maxWebhooksSeen   = 10_000           // that are remembered to drop doubles
	webhookTimeout    = 15 * time.Minute // for Wiro to confirm a webhook
)

// webhookTexts are the members of a webhook that may be large. The record has them in full.
var webhookTexts = []string{"parameters", "outputs", "debugoutput", "debugerror", "content", "response", "metadata"}

// ServeHTTP takes a webhook in. It responds 503, for which Wiro posts the webhook again, after
// Shutdown and if very many webhooks are being checked.
func (h *WebhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "a webhook is a POST request", http.StatusMethodNotAllowed)
		return
	}
	body, err := wire.ReadPosted(http.MaxBytesReader(w, r.Body, maxWebhookSize), maxWebhook, webhookTexts...)
	if err != nil {
		h.failed(fmt.Errorf("%w: %w", ErrNotWebhook, err))
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	key, check, err := h.identify(body)
	switch {
	case err != nil:
		h.failed(err)
		http.Error(w, ErrNotWebhook.Error(), http.StatusBadRequest)
		return
	case check == nil:
	case !h.begin(r.Context(), key, check):
		w.Header().Set("Retry-After", "2")
		http.Error(w, "too busy: post it again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// webhookCheck asks Wiro what a webhook is about. It returns a name for that, and the function
// that hands the event over.
type webhookCheck func(context.Context) (key string, handOver func(context.Context), err error)

// identify reads what a webhook is about. The check is nil if nobody wants to know.
func (h *WebhookHandler) identify(body []byte) (key string, check webhookCheck, err error) {
	if message, err := ParseMessageWebhook(body); err == nil {
		if h.OnMessage != nil {
			check = func(ctx context.Context) (string, func(context.Context), error) { return h.checkMessage(ctx, message) }
		}
		return "message " + message.GUID, check, nil
	}
	task, err := ParseTaskWebhook(body)
	if err != nil {
		return "", nil, err
	}
	if h.OnTask != nil {
		ref := TaskRef{Token: task.Token}
		if task.Token == "" {
			ref.ID = task.ID
		}
		check = func(ctx context.Context) (string, func(context.Context), error) { return h.checkTask(ctx, ref) }
	}
	return "task " + cmp.Or(task.Token, task.ID), check, nil
}

func (h *WebhookHandler) checkTask(ctx context.Context, ref TaskRef) (string, func(context.Context), error) {
	task, err := confirm(ctx, h, Task.Over, func(ctx context.Context) (Task, error) { return h.Client.Tasks.Get(ctx, ref) })
	if err != nil {
		return "", nil, fmt.Errorf("checking the webhook of a task: %w", err)
	}
	return "task " + cmp.Or(task.Token, ref.Token, ref.ID), func(ctx context.Context) { h.OnTask(ctx, TaskEvent{Task: task}) }, nil
}

func (h *WebhookHandler) checkMessage(ctx context.Context, reported Message) (string, func(context.Context), error) {
	over := func(m Message) bool { return m.Status.Over() }
	message, err := confirm(ctx, h, over, func(ctx context.Context) (Message, error) {
		return h.Client.Messages.Get(ctx, MessageRef{GUID: reported.GUID})
	})
	if err != nil {
		return "", nil, fmt.Errorf("checking the webhook of the message %.40q: %w", reported.GUID, err)
	}
	return "message " + reported.GUID, func(ctx context.Context) {
		h.OnMessage(ctx, MessageEvent{Message: message, Reported: reported})
	}, nil
}

// confirm polls until what a webhook is about is over: the record may be a moment behind the
// webhook, and Wiro out of reach for a while.
func confirm[T any](ctx context.Context, h *WebhookHandler, over func(T) bool, get func(context.Context) (T, error)) (T, error) {
	last := new(T)
	err := watch(ctx, h.Client, &watcher[T]{
		last: last,
		poll: func(ctx context.Context) (none T, _ error) {
			select {
			case h.slots <- struct{}{}:
				defer func() { <-h.slots }()
				return get(ctx)
			case <-ctx.Done():
				return none, ctx.Err()
			}
		},
		done:      over,
		onPoll:    func(T) {},
		intervals: append([]time.Duration{0}, h.Client.shared.options.PollIntervals...),
	})
	return *last, err
}

// begin checks a webhook in a goroutine of its own, unless it led to an event already or is being
// checked. It reports false if the webhook must be posted again.
func (h *WebhookHandler) begin(ctx context.Context, key string, check webhookCheck) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.slots == nil {
		h.init()
	}
	_, seen := h.seen[key]
	switch {
	case seen:
		return true
	case h.closed:
		return false
	case h.checking[key] > 0:
		h.checking[key]++
		return true
	case len(h.checking) >= maxWebhooksAtOnce:
		return false
	}
	h.checking[key] = 1
	ctx = context.WithoutCancel(ctx)
	h.calls.Go(func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(h.closing, cancel)()
		h.check(ctx, key, check)
	})
	return true
}

// init makes what the methods share. The caller holds the lock.
func (h *WebhookHandler) init() {
	h.checking, h.seen = map[string]int{}, map[string]struct{}{}
	h.slots = make(chan struct{}, maxWebhookChecks)
	h.closing, h.abort = context.WithCancel(context.Background())
}

// check asks Wiro about a webhook until there is an answer, and hands the event over.
func (h *WebhookHandler) check(ctx context.Context, key string, check webhookCheck) {
	for posted := 1; ; {
		limited, cancel := context.WithTimeout(ctx, webhookTimeout)
		confirmed, handOver, err := check(limited)
		cancel()
		first, again := h.settle(key, confirmed, &posted, err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded))
		switch {
		case again:
			continue
		case err != nil:
			h.failed(err)
		case first:
			handOver(ctx)
		}
		return
	}
}

// settle ends a check. First reports whether what it confirmed has led to no event before. A
// check that found nothing in time goes on if the webhook was posted again meanwhile.
func (h *WebhookHandler) settle(key, confirmed string, posted *int, timedOut bool) (first, again bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if timedOut && h.checking[key] > *posted {
		*posted = h.checking[key]
		return false, true
	}
	delete(h.checking, key)
	if confirmed == "" {
		return false, false
	}
	first = h.remember(confirmed)
	h.remember(key) // a task may be named by its id, too
	return first, false
}

// remember adds a name to those that led to an event, and reports whether it is new.
func (h *WebhookHandler) remember(key string) bool {
	if _, seen := h.seen[key]; seen {
		return false
	}
	h.seen[key] = struct{}{}
	if h.order = append(h.order, key); len(h.order) > maxWebhooksSeen {
		delete(h.seen, h.order[0])
		h.order = h.order[1:]
	}
	return true
}

func (h *WebhookHandler) failed(err error) {
	if h.OnError != nil {
		h.OnError(err)
	}
}

// Shutdown waits until every webhook that was answered with 200 has been handed over. Meanwhile
// and from then on, others are answered with 503. If ctx ends first, the contexts of the functions
// and of the requests to Wiro end with it, and Shutdown returns ctx's error. Call it after
// http.Server.Shutdown.
func (h *WebhookHandler) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	if h.slots == nil {
		h.init()
	}
	h.closed = true
	h.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.calls.Wait()
	}()
	defer h.abort()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
