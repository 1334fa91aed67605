package mcptool_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
)

type room struct {
	House string `json:"house,omitempty" doc:"which house"`
	Name  string `json:"name,omitempty" doc:"which room"`
}

type tidied struct {
	Next []*mcptool.NextAction `json:"next"`
}

func (tidied) Text() string { return "Tidied." }

// Every next step is taken in the same house, unless it says otherwise or its tool knows no houses.
func TestNextStepsCarryTheArgumentsThatTheyShare(t *testing.T) {
	t.Parallel()
	var change func(*mcptool.Call)
	look := func(context.Context, *mcptool.Call, room) (tidied, error) { return tidied{}, nil }
	fly := func(context.Context, *mcptool.Call, struct {
		Name string `json:"name,omitempty" doc:"where to"`
	},
	) (tidied, error) {
		return tidied{}, nil
	}
	tidy := func(_ context.Context, call *mcptool.Call, _ room) (tidied, error) {
		change(call)
		return tidied{[]*mcptool.NextAction{
			call.Next("look", "again", map[string]any{"name": "attic"}), call.Next("look", "elsewhere", map[string]any{"house": "theirs"}),
			call.Next("fly", "away", map[string]any{"name": "Rome"}),
		}}, nil
	}
	s := mcptool.New(mcptool.Options{Name: "rooms", Version: "1", CarriedArguments: []string{"house"}, Tools: []mcptool.Tool{
		mcptool.Define(mcptool.Meta{Name: "look", Toolset: "eyes"}, look), mcptool.Define(mcptool.Meta{Name: "fly", Toolset: "eyes"}, fly),
		mcptool.Define(mcptool.Meta{Name: "tidy", Toolset: "hands"}, tidy),
	}})
	for name, test := range map[string]struct {
		change func(*mcptool.Call)
		given  string
		carry  string
	}{
		"given":            {func(*mcptool.Call) {}, `{"house": "ours", "name": "hall"}`, "ours"},
		"given not at all": {func(*mcptool.Call) {}, `{"name": "hall"}`, ""},
		"found":            {func(c *mcptool.Call) { c.SetArgument("house", "ours") }, `{}`, "ours"},
		"dropped":          {func(c *mcptool.Call) { c.DropArgument("house") }, `{"house": "ours"}`, ""},
	} {
		change = test.change
		var arguments map[string]any
		require.NoError(t, json.Unmarshal([]byte(test.given), &arguments))
		result, err := s.Call(t.Context(), "tidy", arguments)
		require.NoError(t, err, name)
		var done tidied
		require.NoError(t, json.Unmarshal(result.Structured, &done), name)
		attic := map[string]any{"name": "attic"}
		if test.carry != "" {
			attic["house"] = test.carry
		}
		require.Equal(t, attic, done.Next[0].Arguments, name)
		require.Equal(t, map[string]any{"house": "theirs"}, done.Next[1].Arguments, name)
		require.Equal(t, map[string]any{"name": "Rome"}, done.Next[2].Arguments, name)
	}
}
