package emulator

// An actor is the person behind a write, as many answers show it.
type actor struct {
	UUID      string `json:"uuid"`
	FirstName string `json:"firstname"`
	LastName  string `json:"lastname"`
	Email     string `json:"email"`
	Username  string `json:"username"`
	Avatar    string `json:"avatar"`
	Initials  string `json:"avatarinitials"`
}

// uuid is the account of a project as agents know it.
func (p *project) uuid() string { return p.account + "-uuid" }

func (p *project) actor() *actor {
	return &actor{
		UUID: p.uuid(), FirstName: "Ada", LastName: "Lovelace",
		Email: "ada+" + p.account + "@example.com", Username: "ada",
		Avatar: "https://cdn.wiro.ai/avatars/ada.webp", Initials: "AL",
	}
}
