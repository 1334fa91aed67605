// Package emulator emulates the Wiro API over HTTP and WebSocket. Programs built on that API
// can be tried and tested with it without a key, a cost or a network.
//
// It is written from the public documentation of the API alone and shares no code with
// the client of this project: a mistake in one shows against the other. Models run in
// the documented stages, charge what their prices say, and make real files that open in a
// viewer. Models of the owner "sandbox" misbehave on purpose, each in the way its description
// says, and Behave makes any model or endpoint do the same.
package emulator
