package agents

import (
	"github.com/wiroai/wiro-mcp-go/internal/emulator/core"
)

// Errors of endpoints that take an instance; each group words it in its own way.
var (
	errNoUserAgent  = core.Fail(1, "User agent not found")
	errNoAgent      = core.Fail(1, "Agent not found")
	errNoChat       = core.Fail(1, "Agent not found or access denied")
	errDenied       = core.Keyed("useragent-access-denied")
	errUnauthorized = core.Fail(1, "User agent not found or unauthorized")
	errTeamAgent    = core.Fail(0, "This agent belongs to a team. Switch to the team context to access it.")
	errPersonal     = core.Fail(0, "This agent is personal. Switch to your personal context to access it.")
)

// The words for an empty wallet; code 97 is what the API calls the case.
const (
	notEnough          = "Insufficient wallet balance. Required: $%.2f, Available: $%.2f"
	notEnoughProration = "Insufficient wallet balance for proration. Required: $%.2f, available: $%.2f"
	codeBalance        = 97
)
