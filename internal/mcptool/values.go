package mcptool

import "fmt"

const (
	// MaxValues is how many values one message, or JSON inside a text of it, may hold. Each
	// costs some hundred bytes once it is decoded, however few it has in JSON.
	MaxValues = 20_000
	maxDepth  = 500

	// MaxName is the length of the longest name that is looked up, in bytes: of a tool, a
	// prompt, a page. To compare a longer one costs time, and no name is so long.
	MaxName = 200
)

// CountValues returns how many values a JSON text holds, counted without decoding it. The text
// need not be valid. The error says that it holds more than MaxValues, or nests too deep.
func CountValues(data []byte) (int, error) {
	count, depth := 1, 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case ',':
			count++
		case '{', '[':
			count++
			if depth++; depth > maxDepth {
				return count, fmt.Errorf("nests deeper than %d levels", maxDepth)
			}
		case '}', ']':
			depth--
		}
		if count > MaxValues {
			return count, fmt.Errorf("holds more than %d values", MaxValues)
		}
	}
	return count, nil
}
