package wiro

import (
	"net/http"
	"strings"
)

// given refuses a blank value that an endpoint cannot do without.
func given(field, value string) error {
	if strings.TrimSpace(value) == "" {
		return &InputError{Field: field, Reason: "must be given"}
	}
	return nil
}

// allGiven is given for pairs of a field and its value.
func allGiven(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := given(pairs[i], pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// missing is the error for an answer that says yes and leaves out what was asked for.
func missing(op operation, what string) error {
	return &APIError{
		Operation: op.path, HTTPStatus: http.StatusOK, Code: CodeNotFound,
		Messages: []string{"There is no such " + what},
	}
}
