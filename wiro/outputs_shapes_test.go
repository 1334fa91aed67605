package wiro_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
)

func TestAnswersOfAnyShapeAreKept(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{"prompt":"p","raw":"r","thinking":[],"answer":["a","b"]}`: "a\n\nb",
		`{"prompt":"p","raw":"r"}`:                                  "r",
		`{"message":"Hello!"}`:                                      "Hello!",
		`"just text"`:                                               "just text",
		`{"title":"T","score":0.50,"tags":["x"]}`:                   "{\n  \"score\": 0.50,\n  \"tags\": [\n    \"x\"\n  ],\n  \"title\": \"T\"\n}",
		`["one","two"]`:                                             "[\n  \"one\",\n  \"two\"\n]",
		`{"prompt":"p","raw":"","thinking":[],"answer":[]}`:         "",
	} {
		c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, `{"result":true,"errors":[],"tasklist":[{"id":"1","socketaccesstoken":"t","status":"task_postprocess_end","pexit":"0","outputs":[{"contenttype":"raw","content":`+content+`}]}]}`)
		})
		task, err := c.Tasks.Get(t.Context(), wiro.TaskRef{Token: "t"})
		require.NoError(t, err)
		require.Len(t, task.Outputs, 1)
		require.NotNil(t, task.Outputs[0].Content, content)
		require.Equal(t, want, task.Outputs[0].Content.Text(), content)
		require.Nil(t, task.Outputs[0].Written)
	}
}
