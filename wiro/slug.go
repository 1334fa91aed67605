package wiro

import (
	"regexp"
	"strings"
	"sync"
)

var slugPart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$`) })

const maxSlug = 200

// Slug names a model: "owner/model", in lower case, as in "openai/sora-2".
type Slug struct{ Owner, Model string }

// ParseSlug reads "owner/model". It forgives spaces, upper case, and the address of the model's
// page on wiro.ai. Anything that could lead to another endpoint is an *InputError.
func ParseSlug(text string) (Slug, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	for _, page := range []string{"https://wiro.ai/models/", "https://www.wiro.ai/models/", "wiro.ai/models/"} {
		name = strings.TrimPrefix(name, page)
	}
	owner, model, ok := strings.Cut(strings.Trim(name, "/"), "/")
	if !ok || len(name) > maxSlug || !slugPart().MatchString(owner) || !slugPart().MatchString(model) || strings.Contains(name, "..") {
		return Slug{}, &InputError{Field: "model", Reason: `must be "owner/model" in letters, digits, ".", "_" and "-", such as "openai/sora-2"`}
	}
	return Slug{owner, model}, nil
}

// String returns "owner/model".
func (s Slug) String() string {
	if s.Owner == "" {
		return s.Model
	}
	return s.Owner + "/" + s.Model
}
