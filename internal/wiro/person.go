package wiro

import "strings"

// Person is somebody with an account: nil stands for Wiro itself, and for somebody who is gone.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Detail.
type Person struct {
	UUID      Text `json:"uuid"`
	FirstName Text `json:"firstname"`
	LastName  Text `json:"lastname"`
	Email     Text `json:"email"`
	Username  Text `json:"username"`
	Avatar    Text `json:"avatar"` // URL
	Initials  Text `json:"avatarinitials"`
}

// UnmarshalJSON also takes the bare name.
func (p *Person) UnmarshalJSON(data []byte) error {
	type plain Person
	*p = Person{}
	return unmarshalOr(data, (*plain)(p), func(name string) { p.Username = Text(name) })
}

// Name is how people call the person: first and last name, or what else there is.
func (p *Person) Name() string {
	if p == nil {
		return ""
	}
	name := strings.TrimSpace(string(p.FirstName) + " " + string(p.LastName))
	for _, other := range []Text{p.Username, p.Email, p.UUID} {
		if name == "" {
			name = string(other)
		}
	}
	return name
}
