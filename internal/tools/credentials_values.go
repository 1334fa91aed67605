package tools

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

// credentialValues makes of what a caller gives the rows that Wiro takes: a list or an object
// becomes the fields of its elements, names get Wiro's spelling, and values the form that their
// field has. What the agent's own schema does not know goes as it is given.
func credentialValues(fields []credentialField, held map[string]wiro.AgentCredential) ([]wiro.CredentialValue, error) {
	var e entry
	for _, f := range fields {
		e.credential = credentialKey(strings.TrimSpace(f.Credential), held)
		parent := strings.Trim(strings.NewReplacer("[", ".", "]", "").Replace(strings.TrimSpace(f.Parent)), ".")
		schema := fieldsAt(held[e.credential].Schema.Fields, parent)
		if err := e.add(parent, f.Ordinal, strings.TrimSpace(f.Field), string(f.Value), schema); err != nil {
			return nil, err
		}
	}
	return e.values, nil
}

// credentialKey is the key under which the agent has a credential: keys have several spellings,
// such as telegram and sys-telegram, google-drive and googledrive.
func credentialKey(given string, held map[string]wiro.AgentCredential) string {
	if _, ok := held[given]; ok {
		return given
	}
	bare := func(key string) string {
		return strings.NewReplacer("-", "", "_", "").Replace(strings.TrimPrefix(strings.ToLower(key), "sys-"))
	}
	provider := wiro.CredentialSchema{}.Provider(given)
	for _, key := range slices.Sorted(maps.Keys(held)) {
		if bare(key) == bare(given) || provider != "" && held[key].Schema.Provider(key) == provider {
			return key
		}
	}
	return given
}

// fieldsAt are the fields of the elements of a list, by its path.
func fieldsAt(fields []wiro.CredentialField, path string) []wiro.CredentialField {
	for i, step := range strings.Split(path, ".") {
		if path == "" || i%2 == 1 { // every other step is a place in the list
			continue
		}
		list, _ := fieldNamed(fields, step)
		fields = list.Fields
	}
	return fields
}

func fieldNamed(fields []wiro.CredentialField, name string) (wiro.CredentialField, bool) {
	i := slices.IndexFunc(fields, func(f wiro.CredentialField) bool { return strings.EqualFold(f.Key, name) })
	if i < 0 {
		return wiro.CredentialField{Key: name}, false
	}
	return fields[i], true
}

// entry collects the rows of a credential.
type entry struct {
	credential string
	values     []wiro.CredentialValue
}

// add adds a field, or the fields of a list's elements.
func (e *entry) add(parent string, ordinal *int, name, value string, schema []wiro.CredentialField) error {
	value = strings.TrimSpace(value)
	field, known := fieldNamed(schema, name)
	at := e.credential + "." + fieldPath(parent, ordinal, field.Key)
	if value == placeholder {
		return mcptool.Problemf("%s is still %q: put in what the user gives you.", at, placeholder)
	}
	items, structured := listItems(field, value)
	switch {
	case !structured && isList(field) && value != "":
		return mcptool.Problemf(`%s is a list: give it as JSON, a list of objects each with %s, or give each of its fields with parentfield "%s" and ordinal.`,
			at, strings.Join(fieldInfo(field).Fields, ", "), listPath(parent, ordinal, field.Key))
	case !structured || len(items) == 0 || known && !isList(field):
		e.values = append(e.values, wiro.CredentialValue{
			Credential: e.credential, Field: field.Key, Value: wiro.Secret(normalizeValue(field, value)), Parent: parent, Ordinal: ordinal,
		})
		return nil
	}
	path := listPath(parent, ordinal, field.Key)
	for i, item := range items {
		for _, inner := range slices.Sorted(maps.Keys(item)) {
			if err := e.add(path, &i, inner, valueText(item[inner]), field.Fields); err != nil {
				return err
			}
		}
	}
	return nil
}

// listItems are the elements of a list that is given as JSON; false if the value is no list of
// objects. An object is a list of one, or, where elements are a key and a text, a list of these.
func listItems(field wiro.CredentialField, value string) ([]map[string]any, bool) {
	if value == "" || value[0] != '[' && value[0] != '{' {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.UseNumber()
	var parsed any
	if decoder.Decode(&parsed) != nil {
		return nil, false
	}
	if object, ok := parsed.(map[string]any); ok {
		if !isList(field) {
			return nil, false
		}
		return objectItems(field, object), true
	}
	list, _ := parsed.([]any)
	items := make([]map[string]any, len(list))
	for i, element := range list {
		object, ok := element.(map[string]any)
		if !ok {
			if len(field.Fields) == 0 {
				return nil, false
			}
			object = map[string]any{field.Fields[0].Key: element} // the id alone
		}
		items[i] = object
	}
	return items, true
}

func objectItems(field wiro.CredentialField, object map[string]any) []map[string]any {
	for name := range object {
		if _, known := fieldNamed(field.Fields, name); known || len(field.Fields) != 2 {
			return []map[string]any{object}
		}
	}
	items := make([]map[string]any, 0, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		items = append(items, map[string]any{field.Fields[0].Key: name, field.Fields[1].Key: object[name]})
	}
	return items
}

// valueText is a JSON value as a field holds it.
func valueText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	data, _ := json.Marshal(value) // it was decoded from JSON
	return string(data)
}

// normalizeValue is a value in the form of its field.
func normalizeValue(field wiro.CredentialField, value string) string {
	name := strings.ToLower(field.Key)
	switch {
	case value == "":
	case strings.HasSuffix(name, "base64"): // people have the file that is to be encoded
		if value[0] == '{' || strings.HasPrefix(value, "-----BEGIN") {
			return base64.StdEncoding.EncodeToString([]byte(value))
		}
		return strings.Join(strings.Fields(value), "")
	case strings.HasPrefix(field.Placeholder, "[") || slices.Contains([]string{"allowedusers", "appids", "packagenames"}, name):
		return listOfTexts(value)
	}
	for _, option := range field.Options {
		if strings.EqualFold(option.Label, value) || strings.EqualFold(option.Value, value) {
			return option.Value
		}
	}
	return value
}

// listOfTexts is the JSON of a list of texts, which may be given separated by commas.
func listOfTexts(value string) string {
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.UseNumber()
	var list []any
	if value[0] == '{' || value[0] == '[' && decoder.Decode(&list) != nil {
		return value
	}
	var texts []string
	if value[0] == '[' {
		texts = []string{}
		for _, element := range list {
			texts = append(texts, valueText(element))
		}
	} else {
		texts = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
		for i := range texts {
			texts[i] = strings.TrimSpace(texts[i])
		}
	}
	data, _ := json.Marshal(texts) // texts
	return string(data)
}
