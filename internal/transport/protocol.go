package transport

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
)

// headerProtocol is MCP-Protocol-Version as http.Header spells it, so that no look at it does so anew.
var headerProtocol = http.CanonicalHeaderKey(mcp.HeaderProtocolVersion)

// protocol is how a message says its version: once in initialize, or, since 2026-07-28, in each
// message's own _meta and HTTP headers.
type protocol struct{ modern bool }

// protocol returns the protocol that a message follows. It refuses a version that does not
// exist, and headers that contradict the message.
func (m *message) protocol(h http.Header) (protocol, mcp.JSONRPCMessage) {
	header, meta := h.Get(headerProtocol), m.params.Meta.ProtocolVersion()
	if unknown := header != "" && !mcp.IsValidProtocolVersion(header); unknown && meta == "" {
		if m.Method == string(mcp.MethodInitialize) {
			return protocol{}, nil // its params say which version is meant
		}
		return protocol{}, m.unsupported(header)
	}
	if !mcp.IsModernProtocol(header) && !mcp.IsModernProtocol(meta) {
		return protocol{}, nil
	}
	modern := protocol{modern: true}
	mismatch := func(text string) mcp.JSONRPCMessage { return m.refusal(mcp.HEADER_MISMATCH, text) }
	switch {
	case h.Get(mcp.HeaderLastEventID) != "":
		return modern, mismatch("Last-Event-ID: streams cannot be taken up again since protocol " + mcp.ProtocolVersion20260728 + ". Send the request anew, with another id.")
	case header == "":
		return modern, mismatch("The header " + mcp.HeaderProtocolVersion + " is missing, while _meta names a version.")
	case meta == "":
		return modern, m.refusal(mcp.INVALID_PARAMS, "_meta."+mcp.MetaKeyProtocolVersion+" is missing, while the header "+mcp.HeaderProtocolVersion+" names a version.")
	case header != meta:
		return modern, mismatch(fmt.Sprintf("The header %s says %.20q, _meta says %.20q.", mcp.HeaderProtocolVersion, header, meta))
	case !mcp.IsValidProtocolVersion(meta):
		return modern, m.unsupported(meta)
	}
	err := mcp.ValidateStandardHeaders(h.Get, meta, mcp.MCPMethod(m.Method), m.Params)
	if wrong, ok := errors.AsType[mcp.HeaderMismatchError](err); ok {
		return modern, mismatch(wrong.Error())
	}
	return modern, nil
}

// headerVersion is the version that a request's header names; without one it is 2025-03-26, as
// the protocol has it.
func headerVersion(h http.Header) string {
	return cmp.Or(h.Get(headerProtocol), mcp.ProtocolVersion20250326)
}

// knownVersion is a version that exists; "" stands for any other text.
func knownVersion(version string) string {
	if mcp.IsValidProtocolVersion(version) {
		return version
	}
	return ""
}

// settledVersion is the version that an answer to initialize settles on; "" for any other answer.
func settledVersion(answer mcp.JSONRPCMessage) string {
	if response, ok := answer.(mcp.JSONRPCResponse); ok {
		if settled, ok := response.Result.(mcp.InitializeResult); ok {
			return settled.ProtocolVersion
		}
	}
	return ""
}

// errorCode is the code of an answer that is an error; 0 for any other.
func errorCode(answer mcp.JSONRPCMessage) int {
	if failure, ok := answer.(mcp.JSONRPCError); ok {
		return failure.Error.Code
	}
	return 0
}

func (m *message) refusal(code int, text string) mcp.JSONRPCMessage {
	return mcp.NewJSONRPCError(mcp.NewRequestId(m.ID), code, text, nil)
}

func (m *message) unsupported(version string) mcp.JSONRPCMessage {
	refusal := mcp.UnsupportedProtocolVersionError{Version: version[:min(len(version), 40)], Supported: mcp.ValidProtocolVersions}.JSONRPCError()
	refusal.ID = mcp.NewRequestId(m.ID)
	return refusal
}

// status is the HTTP status of an answer. Before 2026-07-28 it is 200 for errors, too.
func (p protocol) status(answer mcp.JSONRPCMessage) int {
	failure, ok := answer.(mcp.JSONRPCError)
	if !ok || !p.modern {
		return http.StatusOK
	}
	switch failure.Error.Code {
	case mcp.METHOD_NOT_FOUND:
		return http.StatusNotFound
	case mcp.HEADER_MISMATCH, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, mcp.UNSUPPORTED_PROTOCOL_VERSION,
		mcp.INVALID_REQUEST, mcp.INVALID_PARAMS, mcp.PARSE_ERROR:
		return http.StatusBadRequest
	}
	return http.StatusOK
}
