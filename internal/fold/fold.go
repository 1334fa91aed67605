// Package fold makes names comparable that people and APIs write in several conventions.
package fold

import "strings"

var separators = strings.NewReplacer("_", "", "-", "", " ", "", ".", "")

// Name is a name in lower case without separators: apikey for API_KEY, api-key and apiKey.
func Name(name string) string { return separators.Replace(strings.ToLower(name)) }
