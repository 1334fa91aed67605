package install

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
)

var utf8BOM = []byte("\xef\xbb\xbf")

// edit changes a document, whose byte order mark stays.
func edit(doc []byte, change func([]byte) ([]byte, error)) ([]byte, error) {
	text, marked := bytes.CutPrefix(doc, utf8BOM)
	after, err := change(text)
	if err == nil && marked {
		after = slices.Concat(utf8BOM, after)
	}
	return after, err
}

// write puts the entry into a document. Of an entry that is there already, what the user set and
// Install does not know stays.
func (c Client) write(doc []byte, s Server, shared bool) ([]byte, error) {
	entry, inputs, err := c.entry(s, shared)
	if err != nil {
		return nil, err
	}
	return edit(doc, func(doc []byte) ([]byte, error) {
		old, err := c.current(doc)
		if err != nil {
			return nil, err
		}
		if merged := merge(entry, old, s); old == nil || !equal(merged, old) {
			if doc, err = c.file.set(doc, c.path(), merged); err != nil {
				return nil, err
			}
		}
		if len(inputs) == 0 {
			return doc, nil
		}
		return withInputs(doc, inputs)
	})
}

// current is the entry that a document holds, in its order; nil if it holds none.
func (c Client) current(doc []byte) (object, error) {
	all, err := c.file.decode(doc)
	if err != nil || !holds(all, c.path()) {
		return nil, notParsed(err)
	}
	entry, err := c.file.entry(doc, c.path())
	return entry, notParsed(err)
}

// Members of entries, in all clients. All others are the user's to set.
var (
	addressKeys     = []string{"type", "transport", "command", "cmd", "args", "url", "serverUrl", "httpUrl", "uri"}
	environmentKeys = []string{"env", "environment", "envs"}
	credentialKeys  = []string{
		"env_vars", "env_keys", "headers", "http_headers", "env_http_headers", "bearer_token_env_var", "customUserVars",
	}
)

// merge is our entry with what the user added to an older one: variables, other members, and,
// where no key is given now, the credentials for the same host.
func merge(entry, old object, s Server) object {
	if old == nil {
		return entry
	}
	merged := slices.Clone(entry)
	for _, m := range old {
		at := merged.index(m.Key)
		switch {
		case slices.Contains(addressKeys, m.Key):
		case slices.Contains(environmentKeys, m.Key):
			if s.URL == "" {
				merged = merged.put(m.Key, mergeEnvironment(merged.object(m.Key), m.Value, s.Key != ""))
			}
		case slices.Contains(credentialKeys, m.Key):
			if at < 0 && s.Key == "" && hostOf(s.URL) == hostOf(old.address()) {
				merged = append(merged, m)
			}
		default: // such as a longer timeout
			merged = merged.put(m.Key, m.Value)
		}
	}
	return merged
}

func mergeEnvironment(ours object, old any, newKey bool) object {
	merged := slices.Clone(ours)
	variables, _ := old.(object)
	for _, m := range variables {
		credential := m.Key == "WIRO_API_KEY" || m.Key == "WIRO_API_SECRET"
		if key, ok := m.Value.(string); ok && credential { // of an entry that sent it as a header
			m.Value = strings.TrimPrefix(key, "Bearer ")
		}
		if merged.index(m.Key) < 0 && (!credential || !newKey) {
			merged = append(merged, m)
		}
	}
	return merged
}

// address is the URL of a hosted server's entry; "" if the entry launches one.
func (o object) address() string {
	for _, key := range []string{"url", "serverUrl", "httpUrl", "uri"} {
		if i := o.index(key); i >= 0 {
			address, _ := o[i].Value.(string)
			return address
		}
	}
	return ""
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

// entry is the entry of a server, and the ids of the inputs that it refers to.
func (c Client) entry(s Server, shared bool) (entry object, inputs []string, err error) {
	secrets := object{}.with("WIRO_API_KEY", s.Key).with("WIRO_API_SECRET", s.Secret)
	if shared && len(secrets) == 0 {
		secrets = object{{"WIRO_API_KEY", "-"}}
	}
	var names []string // of variables that the client passes on
	for i, secret := range secrets {
		switch {
		case c.inputs:
			id := strings.ToLower(strings.ReplaceAll(secret.Key, "_", "-"))
			secrets[i].Value, inputs = "${input:"+id+"}", append(inputs, id)
		case c.list != "" && shared, c.list == "env_keys" && s.URL == "": // kept for what is launched
			names = append(names, secret.Key)
		case shared && c.Variable == "":
			return nil, nil, refusal("cannot refer to an environment variable in a file that is shared with others: install for yourself instead")
		case shared:
			secrets[i].Value = strings.ReplaceAll(c.Variable, "NAME", secret.Key)
		}
	}
	if names != nil {
		secrets = nil
	}
	if s.URL == "" {
		entry = c.local(s, secrets)
		if names != nil {
			entry = insertBefore(entry, "env", member{c.list, names})
		}
		return entry, inputs, nil
	}
	if c.remote == nil {
		return nil, nil, refusal("takes no hosted servers: add its address as a connector in the settings instead")
	}
	return c.remote(s, bearer(secrets)), inputs, nil
}

// refusal is what a client cannot do, whatever its file.
type refusal string

func (r refusal) Error() string { return string(r) }

// bearer is the header that carries the credentials to a hosted server.
func bearer(secrets object) object {
	values := make([]string, len(secrets))
	for i, secret := range secrets {
		values[i] = secret.Value.(string)
	}
	if len(values) == 0 {
		return nil
	}
	return object{{"Authorization", "Bearer " + strings.Join(values, ":")}}
}

// insertBefore keeps scalars and lists in front of tables, as TOML wants them.
func insertBefore(o object, key string, added member) object {
	i := slices.IndexFunc(o, func(m member) bool { return m.Key == key })
	if i < 0 {
		return append(o, added)
	}
	return slices.Insert(o, i, added)
}
