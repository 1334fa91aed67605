package mcptool

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

type Common struct {
	Color string `json:"color,omitempty"`
}

// picky decodes itself.
type picky struct {
	Color string `json:"color"`
}

func (p *picky) UnmarshalJSON(data []byte) error {
	var in map[string]string
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if in["color"] == "beige" {
		return errors.New("beige is no color")
	}
	p.Color = "deep " + in["color"]
	return nil
}

func TestStructsOfProgramsAreDecodedAsTheyAre(t *testing.T) {
	t.Parallel()
	bind := func(into any, arguments string) error {
		v := reflect.ValueOf(into).Elem()
		s, err := structSchema(v.Type())
		require.NoError(t, err)
		var given map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(arguments), &given))
		_, _, err = s.bind("paint", given, v)
		return err
	}
	var embedding struct {
		*Common
		Coats int `json:"coats,omitempty"`
	}
	require.NoError(t, bind(&embedding, `{"coats":2}`))
	require.Nil(t, embedding.Common)
	require.NoError(t, bind(&embedding, `{"color":"red","coats":2}`))
	require.Equal(t, "red", embedding.Color)

	var own picky
	require.NoError(t, bind(&own, `{"color":"red"}`))
	require.Equal(t, "deep red", own.Color)
	require.ErrorContains(t, bind(&own, `{"color":"beige"}`), "beige is no color")
}
