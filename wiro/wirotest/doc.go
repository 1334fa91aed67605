// Package wirotest provides an emulated Wiro for tests, in the manner of net/http/httptest.
//
// A Server speaks the Wiro API over HTTP and WebSocket on a loopback address: models run in
// the documented stages, charge what their prices say and make real files; agents deploy, start
// and answer. It needs no key and no network, and costs nothing.
//
//	srv := wirotest.NewServer()
//	defer srv.Close()
//	task, err := srv.Client().Run(ctx, "openai/sora-2", wiro.Params{"prompt": "waves"})
//
// Client returns a client of the Server. Any other client works with URL, SocketURL and Key.
// Behave makes a model or an endpoint misbehave, Requests returns the requests so far, and Task
// and Balance show tasks and wallets. Models of the owner "sandbox" misbehave as their
// descriptions say: sandbox/fail, sandbox/detail-502, sandbox/accepted-429, sandbox/price-nan
// and others.
package wirotest
