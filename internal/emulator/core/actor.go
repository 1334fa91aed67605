package core

// An Actor is the person behind a write, as many answers show it.
type Actor struct {
	UUID      string `json:"uuid"`
	FirstName string `json:"firstname"`
	LastName  string `json:"lastname"`
	Email     string `json:"email"`
	Username  string `json:"username"`
	Avatar    string `json:"avatar"`
	Initials  string `json:"avatarinitials"`
}

// UUID is the account of a project as agents know it.
func (p *Project) UUID() string { return p.Account + "-uuid" }

// Actor is the person behind the project's account.
func (p *Project) Actor() *Actor {
	return &Actor{
		UUID: p.UUID(), FirstName: "Ada", LastName: "Lovelace",
		Email: "ada+" + p.Account + "@example.com", Username: "ada",
		Avatar: "https://cdn.wiro.ai/avatars/ada.webp", Initials: "AL",
	}
}
