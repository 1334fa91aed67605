package wiro

import (
	"cmp"
	"strings"
)

// User is a person with an account. A nil User stands for Wiro itself and for an account that
// was deleted.
//
// Wiro docs: Agent Messaging, POST /UserAgent/Message/Detail.
type User struct {
	UUID      string `json:"uuid"`
	FirstName string `json:"firstname"`
	LastName  string `json:"lastname"`
	Email     string `json:"email"`
	Username  string `json:"username" wire:"text"`
	Avatar    string `json:"avatar"` // URL
	Initials  string `json:"avatarinitials"`
}

// Name returns the first and last name, or the first of user name, e-mail address and UUID that
// is known. It is "" for nil.
func (u *User) Name() string {
	if u == nil {
		return ""
	}
	return cmp.Or(strings.TrimSpace(u.FirstName+" "+u.LastName), u.Username, u.Email, u.UUID)
}
