package transport

import (
	"encoding/json"
	"net/http"
	"path"
)

// isOAuth reports whether a path is one at which clients look for OAuth if a server says nothing
// about it, at the root or below some folder.
func isOAuth(at string) bool {
	switch path.Base(at) {
	case "register", "token", "authorize", "revoke", "introspect", "device_authorization", "par":
		return true
	}
	return false
}

// noOAuth is what clients print. "Bearer" is left out: they take the word after it for a secret.
const noOAuth = "This server has no OAuth sign-in. Put your Wiro API key into your client's configuration for this server, " +
	"as the header x-api-key (and the secret as x-api-secret, if the project signs its requests). " +
	"Keys: https://wiro.ai/panel/project"

// serveNoOAuth answers with the error that OAuth defines, whose description clients show.
func serveNoOAuth(w http.ResponseWriter, r *http.Request) {
	_ = r.Body.Close()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Connection", "close") // the body stays unread
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_request", "error_description": noOAuth}) // the client is gone then
}
