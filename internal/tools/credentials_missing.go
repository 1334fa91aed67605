package tools

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

// isList reports whether a field is a list, whose elements have fields of their own.
func isList(f wiro.CredentialField) bool {
	return len(f.Fields) > 0 || f.Type == "list" || f.Type == "array"
}

// missingFields are the required fields that are empty: the field itself, or those of the elements
// of a list.
func missingFields(field wiro.CredentialField, values map[string]any, parent string, ordinal *int) []FieldInfo {
	if field.AutoFilledByOAuth {
		return nil
	}
	lacks := field.Required && field.Default == nil
	info := fieldInfo(field)
	info.Parent, info.Ordinal = parent, ordinal
	if !isList(field) {
		if lacks && empty(values[field.Key]) {
			return []FieldInfo{info}
		}
		return nil
	}
	path := listPath(parent, ordinal, field.Key)
	elements := elementsOf(values[field.Key])
	if len(elements) == 0 {
		if !lacks {
			return nil
		}
		info.rows = firstElement(field.Fields, path)
		return []FieldInfo{info}
	}
	var missing []FieldInfo
	for i, element := range elements {
		for _, inner := range field.Fields {
			missing = append(missing, missingFields(inner, element, path, &i)...)
		}
	}
	return missing
}

// listPath is the parentfield of the fields of a list's elements.
func listPath(parent string, ordinal *int, list string) string {
	if parent == "" {
		return list
	}
	place := 0
	if ordinal != nil {
		place = *ordinal
	}
	return parent + "." + strconv.Itoa(place) + "." + list
}

// firstElement is what the first element of a list needs: its required fields, or all that are
// no lists where Wiro does not say which are required.
func firstElement(fields []wiro.CredentialField, path string) []FieldInfo {
	required := slices.ContainsFunc(fields, func(f wiro.CredentialField) bool { return f.Required })
	var rows []FieldInfo
	for _, f := range fields {
		if isList(f) && !f.Required || required && !f.Required {
			continue
		}
		row := fieldInfo(f)
		row.Parent, row.Ordinal = path, new(int)
		if isList(f) {
			row.rows = firstElement(f.Fields, listPath(path, row.Ordinal, f.Key))
		}
		rows = append(rows, row)
	}
	return rows
}

// elementsOf are the elements of a list, which may come as its JSON.
func elementsOf(value any) []map[string]any {
	if text, ok := value.(string); ok {
		var parsed []any
		if json.Unmarshal([]byte(text), &parsed) != nil {
			return nil
		}
		value = parsed
	}
	list, _ := value.([]any)
	elements := make([]map[string]any, len(list))
	for i, element := range list {
		elements[i], _ = element.(map[string]any)
	}
	return elements
}

// unsetFields are the fields of a credential that comes without a schema: those that are there
// and empty.
func unsetFields(values map[string]any) []FieldInfo {
	var fields []FieldInfo
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if text, ok := values[name].(string); ok && text == "" {
			fields = append(fields, FieldInfo{Name: name})
		}
	}
	return fields
}
