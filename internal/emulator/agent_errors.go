package emulator

// Errors of endpoints that take an instance; each group words it in its own way.
var (
	errNoUserAgent  = fail(1, "User agent not found")
	errNoAgent      = fail(1, "Agent not found")
	errNoChat       = fail(1, "Agent not found or access denied")
	errDenied       = keyed("useragent-access-denied")
	errUnauthorized = fail(1, "User agent not found or unauthorized")
	errTeamAgent    = fail(0, "This agent belongs to a team. Switch to the team context to access it.")
	errPersonal     = fail(0, "This agent is personal. Switch to your personal context to access it.")
)

// The words for an empty wallet; code 97 is what the API calls the case.
const (
	notEnough          = "Insufficient wallet balance. Required: $%.2f, Available: $%.2f"
	notEnoughProration = "Insufficient wallet balance for proration. Required: $%.2f, available: $%.2f"
	codeBalance        = 97
)
