// Package wire speaks to the Wiro API for package wiro: it signs requests, repeats what may be
// repeated, opens the envelope of responses, decodes them leniently, and carries subscriptions
// over few WebSocket connections. It knows endpoints and bytes; what they mean is in package
// wiro, which alone imports this package.
package wire
