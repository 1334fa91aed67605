// Package wirotest provides an emulated Wiro for tests, in the manner of net/http/httptest.
//
// A Server speaks the Wiro API over HTTP and WebSocket on a loopback address: models run in
// the documented stages, charge what their prices say and leave real files behind; agents
// deploy, start and answer. It needs no key and no network, and costs nothing.
//
//	srv := wirotest.NewServer()
//	defer srv.Close()
//
// Point a client at srv.URL and srv.SocketURL with srv.Key. A test makes a model or an
// endpoint misbehave with Behave, sees what was asked with Requests, and looks at tasks and
// wallets with Task and Balance. Models of the owner "sandbox" misbehave as their
// descriptions say: sandbox/fail, sandbox/detail-502,
// sandbox/accepted-429, sandbox/price-nan and others.
package wirotest
