package transport

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"
)

// era is the protocol that a message follows: that of initialize, or from 2026-07-28 on the
// one in which each message says for itself, in its _meta and in the HTTP headers, what
// version it is of.
type era struct{ modern bool }

// era tells a message's era, or refuses one whose version does not exist, or whose headers
// do not fit it.
func (m message) era(h http.Header) (era, mcp.JSONRPCMessage) {
	header, meta := h.Get(mcp.HeaderProtocolVersion), m.params.Meta.ProtocolVersion()
	if !mcp.IsModernProtocol(header) && !mcp.IsModernProtocol(meta) {
		if header != "" && !mcp.IsValidProtocolVersion(header) && m.Method != string(mcp.MethodInitialize) {
			return era{}, m.unsupported(header)
		}
		return era{}, nil
	}
	modern := era{modern: true}
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

func (m message) refusal(code int, text string) mcp.JSONRPCMessage {
	return mcp.NewJSONRPCError(mcp.NewRequestId(m.ID), code, text, nil)
}

func (m message) unsupported(version string) mcp.JSONRPCMessage {
	refusal := mcp.UnsupportedProtocolVersionError{Version: version, Supported: mcp.ValidProtocolVersions}.JSONRPCError()
	refusal.ID = mcp.NewRequestId(m.ID)
	return refusal
}

// status is the HTTP status of an answer, which tells an error only in the modern era.
func (e era) status(answer mcp.JSONRPCMessage) int {
	failure, ok := answer.(mcp.JSONRPCError)
	if !ok || !e.modern {
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
