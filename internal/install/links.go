package install

import (
	"slices"
	"strings"
)

// Link is an address that opens a client and adds a hosted server to it.
type Link struct {
	Title string // of what it opens, such as "VS Code Insiders"

	// Template is the address with what it carries left open: {json} is the LinkEntry,
	// {base64} is that in base64, {named} is the LinkEntry with its name, {url} is the server's
	// address, {authorization} is the header's value, escaped once more. Each is URL-escaped.
	Template string
}

// IsWebsite reports whether the link leads through a website, which must not get the key.
func (l Link) IsWebsite() bool { return strings.HasPrefix(l.Template, "https:") }

// LinkEntry is the entry of a hosted server as one line of JSON, for the client's links. In links
// to websites it refers to the key instead of holding it. With a name it holds the inputs, too.
func (c Client) LinkEntry(s Server, named bool) (string, error) {
	entry, inputs, err := c.entry(s, slices.ContainsFunc(c.Links, Link.IsWebsite))
	if err != nil {
		return "", err
	}
	if named {
		entry = append(object{{"name", ServerName}}, entry...)
		var list []object
		for _, id := range inputs {
			list = append(list, inputOf(id))
		}
		if list != nil {
			entry = append(entry, member{"inputs", list})
		}
	}
	text, err := entry.MarshalJSON()
	return string(text), err
}

// Command adds a hosted server in a terminal; empty if the client has no such command.
func (c Client) Command(s Server) string {
	return strings.NewReplacer("{url}", s.URL, "{key}", s.Key).Replace(c.command)
}
