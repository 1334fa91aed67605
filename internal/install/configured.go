package install

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
)

// Configured is the entry that a client's file holds.
type Configured struct {
	Path        string            // of the file
	Found       bool              // whether the file has an entry
	Name        string            // of the entry: ServerName, or another one that starts this server
	Command     []string          // what it launches, with arguments; nil for a hosted server
	Environment map[string]string // of what it launches
	URL         string            // of a hosted server
	Headers     map[string]string // that go to it
}

// Configured reads the client's entry. The error says that the file cannot be parsed.
func (c Client) Configured(system System, project string) (Configured, error) {
	at := Configured{Path: c.File(system, project)}
	if at.Path == "" {
		return at, nil
	}
	doc, err := os.ReadFile(at.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return at, nil
	}
	if err != nil {
		return at, fmt.Errorf("%s: %w", at.Path, err)
	}
	all, err := c.decode(doc)
	if err != nil {
		return at, fmt.Errorf("%s %w", at.Path, notParsed(err))
	}
	others := c.others(all)
	for _, key := range c.Path {
		all, _ = all[key].(map[string]any)
	}
	at.Name = ServerName
	if _, ours := all[ServerName]; !ours && len(others) > 0 {
		at.Name = others[0]
	}
	entry, found := all[at.Name].(map[string]any)
	at.Found = found
	at.Command, at.URL = launched(entry), reached(entry)
	at.Environment = textsOf(entry, environmentKeys...)
	at.Headers = textsOf(entry, "headers", "http_headers")
	return at, nil
}

// launched is the command of an entry, with its arguments; nil for a hosted server.
func launched(entry map[string]any) []string {
	if reached(entry) != "" {
		return nil
	}
	for _, key := range []string{"command", "cmd"} {
		switch command := entry[key].(type) {
		case string:
			return append([]string{command}, texts(entry["args"])...)
		case []any:
			return texts(command)
		}
	}
	return nil
}

// reached is the address of a hosted server's entry.
func reached(entry map[string]any) string {
	o, _ := ordered(entry).(object)
	return o.address()
}

// others are the names of other entries that start or reach a server of Wiro.
func (c Client) others(all map[string]any) (names []string) {
	for _, key := range c.Path {
		all, _ = all[key].(map[string]any)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		entry, _ := all[name].(map[string]any)
		ours := slices.ContainsFunc(launched(entry), func(word string) bool {
			base := word[strings.LastIndexAny(word, `/\`)+1:]
			return strings.HasPrefix(base, "wiro-mcp") || strings.Contains(word, "wiro-ai/wiro-mcp")
		})
		host := hostOf(reached(entry))
		if name != ServerName && (ours || host == "wiro.ai" || strings.HasSuffix(host, ".wiro.ai")) {
			names = append(names, name)
		}
	}
	return names
}

// textsOf are the texts of these mappings of an entry.
func textsOf(entry map[string]any, keys ...string) map[string]string {
	found := map[string]string{}
	for _, key := range keys {
		below, _ := entry[key].(map[string]any)
		for name, value := range below {
			found[name] = fmt.Sprint(cmp.Or[any](value, ""))
		}
	}
	return found
}

func texts(list any) []string {
	items, _ := list.([]any)
	var found []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

// entryOf is the entry at a path of a decoded document.
func entryOf(all map[string]any, path []string) object {
	for _, key := range path {
		all, _ = all[key].(map[string]any)
	}
	if all == nil {
		return nil
	}
	o, _ := ordered(all).(object)
	return o
}
