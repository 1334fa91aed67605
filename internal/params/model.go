package params

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// ModelName is a model as a caller names it, in lower case. Owner is "" where only the name
// of the model was given.
type ModelName struct{ Owner, Model string }

// String returns "owner/model", or the model alone.
func (n ModelName) String() string {
	if n.Owner == "" {
		return n.Model
	}
	return n.Owner + "/" + n.Model
}

// ErrModelName is the error for text that cannot name a model.
var ErrModelName = errors.New(`model must be "owner/model", such as "openai/sora-2"`)

// ParseModel reads the name of a model: "owner/model" in any case, with spaces, quotes or
// backticks around it, with a version ("owner/model:version", which is left out), as a link
// to the model's page or to its API address, or the model's name alone. Spaces inside become
// "-". A name holds letters, digits, ".", "_" and "-" and cannot lead to another endpoint.
func ParseModel(text string) (ModelName, error) {
	const longest = 1000
	if len(text) > longest {
		return ModelName{}, ErrModelName
	}
	name := trimQuotes(text)
	if _, target, ok := strings.Cut(name, "]("); ok { // a Markdown link
		name = trimQuotes(strings.TrimSuffix(target, ")"))
	}
	name = modelPath(strings.ToLower(name))
	name, _, _ = strings.Cut(name, ":")
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		if part = strings.Join(strings.Fields(part), "-"); part != "" {
			parts = append(parts, part)
		}
	}
	for _, part := range parts {
		if !validSlug(part) {
			return ModelName{}, ErrModelName
		}
	}
	switch len(parts) {
	case 1:
		return ModelName{Model: parts[0]}, nil
	case 2:
		if isWiro(parts[0]) {
			break
		}
		return ModelName{Owner: parts[0], Model: parts[1]}, nil
	}
	return ModelName{}, ErrModelName
}

func trimQuotes(s string) string { return strings.Trim(s, " \t\r\n\"'`“”‘’„«»<>") }

// modelPath takes the path of the model out of an address. Other text is returned as it is.
func modelPath(s string) string {
	s, _, _ = strings.Cut(s, "#")
	s, _, _ = strings.Cut(s, "?")
	_, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		rest = s
	}
	host, path, _ := strings.Cut(rest, "/")
	if !isURL && (path == "" || !isWiro(host)) {
		path = strings.TrimPrefix(s, "/")
	}
	if unescaped, err := url.PathUnescape(path); err == nil {
		path = unescaped
	}
	for _, before := range []string{"models/", "run/", "model/"} {
		if i := strings.LastIndex("/"+path, "/"+before); i >= 0 && strings.Contains(path[i+len(before):], "/") {
			path = path[i+len(before):]
			owner, model, _ := strings.Cut(path, "/")
			model, _, _ = strings.Cut(model, "/") // pages below the model's own
			return owner + "/" + model
		}
	}
	return path
}

func isWiro(host string) bool { return host == "wiro.ai" || strings.HasSuffix(host, ".wiro.ai") }

func validSlug(part string) bool {
	if strings.Contains(part, "..") {
		return false
	}
	for i, r := range part {
		alphanumeric := 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
		inside := i > 0 && i < len(part)-1 && strings.ContainsRune("._-", r)
		if !alphanumeric && !inside {
			return false
		}
	}
	return part != ""
}

// Resolve finds a name among slugs ("owner/model"). It returns the slug where only one can be
// meant: the same name, or the only model of that name where the owner is missing. Otherwise
// it returns the closest ones, at most n, best first.
func Resolve(name ModelName, slugs []string, n int) (slug string, closest []string) {
	var named []string
	for _, s := range slugs {
		owner, model, _ := strings.Cut(strings.ToLower(s), "/")
		if model == name.Model && owner == name.Owner {
			return s, nil
		}
		if plain(model) == plain(name.Model) && (name.Owner == "" || plain(owner) == plain(name.Owner)) {
			named = append(named, s)
		}
	}
	if len(named) == 1 {
		return named[0], nil
	}
	want := name.String()
	rate := func(s string) int {
		s = strings.ToLower(s)
		_, model, _ := strings.Cut(s, "/")
		score := levenshtein.ComputeDistance(model, name.Model) * 2
		if name.Owner != "" {
			score = levenshtein.ComputeDistance(s, want) * 2
		}
		if model == name.Model {
			score = 0
		} else if strings.Contains(model, name.Model) {
			score = min(score, 3)
		}
		return score
	}
	closest = slices.Clone(slugs)
	slices.SortFunc(closest, strings.Compare)
	closest = slices.Compact(closest)
	slices.SortStableFunc(closest, func(a, b string) int { return rate(a) - rate(b) })
	return "", closest[:min(n, len(closest))]
}
