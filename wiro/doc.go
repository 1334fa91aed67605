// Package wiro is a client of the Wiro API: a marketplace of AI models behind one API, and a
// host of agents. It runs models, follows their tasks, uploads files, and deploys agents and
// talks with them.
//
//	client := wiro.NewClient(wiro.Options{}) // WIRO_API_KEY, WIRO_API_SECRET
//	task, err := client.Run(ctx, "black-forest-labs/flux-2-pro", wiro.Params{"prompt": "a lighthouse at dawn"})
//	if err == nil {
//		err = task.Err()
//	}
//	if err != nil {
//		return err
//	}
//	_, err = task.Outputs[0].Download(ctx, file)
//
// # Services
//
// The endpoints are methods of the client's services. Each method names the page of Wiro's
// documentation that describes it.
//
//   - Models, Runs, Tasks, Files: find a model, run it, follow its task, upload files.
//   - Realtime: talk with a realtime model.
//   - Agents, MyAgents: the catalog of agents, and those that the caller has deployed.
//   - Messages, Logs: talk with a deployed agent, and read what it did.
//   - Credentials, Skills: the accounts that an agent uses, and what it can do.
//   - Billing, Teams: subscriptions and credits, organizations and their wallets.
//
// # Money
//
// Task.Cost is what Wiro's record says that a run cost, also if it failed or was canceled. It is
// nil if the record does not say. All amounts are pointers: nil is unknown, never 0.
//
// Requests that start or spend something are sent once. They are repeated only if they surely
// did not arrive, or on HTTP 429. If such a request may have arrived but no usable response came
// back, the error matches ErrUnknownOutcome: look whether it took effect before repeating it.
// All other requests are repeated on broken connections and HTTP 5xx.
//
// # Waiting
//
// Client.Run and the Wait methods follow a task or a message to its end, over a WebSocket that
// all waits share, and by polling while there is none. If their context ends first, they return
// what was known last with an error that wraps the context's; the task goes on, is charged, and
// can be waited for again. Updates returns everything new as an iterator:
//
//	submission, err := client.Runs.Submit(ctx, "openai/gpt-5-2", wiro.Params{"prompt": "Hello"})
//	…
//	for update, err := range submission.Updates(ctx) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(update.Status, update.Answer)
//	}
//
// A program that does not want to wait has Wiro tell it: CallbackURL, NewMessage.CallbackURL and
// WebhookHandler, an http.Handler.
//
// # Realtime models
//
// Realtime.Open runs a model that hears or speaks, over a connection of its own that drops
// nothing. Sound is PCM, 16 bit, 24 kHz, one channel, in both directions:
//
//	session, err := client.Realtime.Open(ctx, "wiro/moss-tts", wiro.Params{"text": "Hello", "output_audio_format": "audio/pcm"})
//	if err != nil {
//		return err
//	}
//	defer session.Close()
//	for event, err := range session.Events(ctx) {
//		if err != nil {
//			return err
//		}
//		switch e := event.(type) {
//		case wiro.Audio:
//			speaker.Write(e.PCM)
//		case wiro.Ended:
//			fmt.Println(e.Task.Status)
//		}
//	}
//
// # Lists
//
// List methods return one page; All methods iterate over every page:
//
//	for task, err := range client.Tasks.All(ctx, wiro.TaskQuery{}) {
//
// # Files
//
// A File in Params is sent along with the run; Files.Upload and Files.UploadURL store one for
// several runs. A file parameter also takes a URL as text.
//
//	photo, err := wiro.FileFromPath("photo.jpg")
//	if err != nil {
//		return err
//	}
//	task, err := client.Run(ctx, "owner/model", wiro.Params{"inputImage": photo})
//
// # Errors
//
// A refusal by Wiro is an *APIError, whose Reason says what it means; a response that is not
// Wiro's is a *ResponseError; an argument that the client refuses to send is an *InputError.
// The Err variables match them with errors.Is. No error holds a key, a secret, or a credential
// that was handed over.
//
// # Callers
//
// Client.WithCredentials and Client.WithTeam return clients for another project or in a team's
// context. They share connections and sockets: one process can serve many callers.
//
// # Tests
//
// Package wirotest is an emulated Wiro for tests of programs that use this package.
package wiro
