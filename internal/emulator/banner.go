package emulator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// Settings are the environment variables, as NAME=value, that point wiro-mcp at this
// server with the credentials of its first project. Call it after Start.
func (s *Server) Settings() []string {
	first := s.Options.Keys[0]
	settings := []string{"WIRO_API_KEY=" + first.Key}
	if first.Secret != "" {
		settings = append(settings, "WIRO_API_SECRET="+first.Secret)
	}
	return append(settings,
		"WIRO_API_BASE_URL="+s.APIURL(),
		"WIRO_SOCKET_URL="+s.SocketURL(),
		"WIRO_ALLOW_PRIVATE_URLS=true", // its files lie on a loopback address
	)
}

// Banner is what the command that runs an emulator prints: where it is, how to use it, and
// what there is to try. Call it after Start.
func (s *Server) Banner() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Wiro sandbox: %d models, no key needed, nothing is charged.\n\n", s.Tasks.ModelCount())
	fmt.Fprintf(&b, "  API     %s\n  Socket  %s\n\n", s.APIURL(), s.SocketURL())
	b.WriteString("Point wiro-mcp (or anything that speaks the Wiro API) at it:\n\n")
	for _, setting := range s.Settings() {
		fmt.Fprintf(&b, "  export %s\n", setting)
	}
	if i := slices.IndexFunc(s.Options.Keys, func(k core.Key) bool { return k.Secret != "" }); i > 0 {
		signed := s.Options.Keys[i]
		fmt.Fprintf(&b, "\nTo try signed requests instead:\n\n  export WIRO_API_KEY=%s\n  export WIRO_API_SECRET=%s\n", signed.Key, signed.Secret)
	}
	b.WriteString("\nModels of the owner \"sandbox\" misbehave on purpose: sandbox/fail, sandbox/socket-drop,\nsandbox/rate-limit-429 and others. Each says in its description what it does.\n")
	return b.String()
}
