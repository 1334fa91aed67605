package tools_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestArgumentsAreTakenInTheFormsThatModelsSend(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, arguments := range []string{
		`{"search":"flux","categories":["text-to-image"],"limit":3,"start":0}`,
		`{"search":"flux","categories":"text-to-image","limit":"3","start":"0"}`,
		`{"search":"flux","categories":"[\"text-to-image\"]","limit":3.0,"start":null}`,
	} {
		s.call("search_models", arguments).ok("flux")
		sent := s.sandbox.Requests()
		last := sent[len(sent)-1].Body
		require.Equal(t, []any{"text-to-image"}, last["categories"])
		require.Equal(t, "3", last["limit"])
		require.Equal(t, "0", last["start"])
	}
	for _, arguments := range []string{
		`{"model":"black-forest-labs/flux-2-pro","params":{"prompt":"x"},"wait":false}`,
		`{"model":"black-forest-labs/flux-2-pro","params":"{\"prompt\":\"x\"}","wait":"false"}`,
		`{"model":"black-forest-labs/flux-2-pro","params":"{\"prompt\":\"x\"}","wait":0}`,
	} {
		require.Equal(t, "submitted", s.call("run_model", arguments).ok().at("state"))
	}
}

func TestLargeNumbersArriveUndamaged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	result, err := s.Call(soon(t), "run_model", map[string]any{
		"model": "black-forest-labs/flux-2-pro", "wait": false,
		"params": map[string]any{"prompt": "x", "seed": json.Number("9007199254740993")},
	}, nil)
	require.NoError(t, err)
	require.NotEmpty(t, result.Text)
	sent := s.sandbox.RequestsTo("Run/black-forest-labs/flux-2-pro")
	require.Equal(t, json.Number("9007199254740993"), sent[0].Body["seed"])
}

func TestBadArgumentsSayWhatToDo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, test := range []struct{ tool, arguments, says string }{
		{"get_model_schema", `{}`, "get_model_schema needs model: slug owner/model"},
		{"get_model_schema", `{"model":""}`, "needs model"},
		{"get_model_schema", `{"model":null}`, "needs model"},
		{"get_model_schema", `{"model":{"a":1}}`, "model must be text, not an object"},
		{"get_model_schema", `{"model":"../x"}`, `must be "owner/model"`},
		{"get_model_schema", `{"modell":"a/b"}`, `has no argument "modell": it takes model`},
		{"search_models", `{"limit":"many"}`, "limit must be a whole number"},
		{"search_models", `{"limit":1.5}`, "limit must be a whole number"},
		{"search_models", `{"limit":101}`, "limit must be between 1 and 100, not 101"},
		{"search_models", `{"start":-1}`, "start must be at least 0"},
		{"search_models", `{"sort":"cheapness"}`, "sort must be one of relevance"},
		{"search_models", `{"categories":[{"a":1}]}`, "categories item 1 must be text"},
		{"run_model", `{"model":"a/b"}`, "run_model needs params"},
		{"run_model", `{"model":"a/b","params":"a cat"}`, "params must be an object, not this text"},
		{"run_model", `{"model":"a/b","params":[1]}`, "params must be an object, not a list"},
		{"run_model", `{"model":"a/b","params":{},"wait":"perhaps"}`, "wait must be true or false"},
		{"run_model", `{"model":"a/b","params":{},"timeout_seconds":"NaN"}`, "timeout_seconds must be a number, not this text"},
		{"transfer_credit", `{"amount":"Infinity","targetteamguid":"t"}`, "amount must be a number"},
		{"update_my_agent", `{"useragentguid":"ua","categories":[]}`, "categories cannot be empty"},
		{"run_model", `{"model":"../x","params":{}}`, `must be "owner/model"`},
		{"run_model", `{"model":"a/../../Task/Kill","params":{}}`, `must be "owner/model"`},
		{"run_model", `{"model":"a/b!c","params":{}}`, `must be "owner/model"`},
		{"run_model", `{"model":"a/b/c","params":{}}`, `must be "owner/model"`},
		{"get_task", `{}`, "tasktoken or taskid must be given"},
		{"get_task", `{"tasktoken":"t","wait_seconds":46}`, "between 0 and 45"},
		{"delete_task_files", `{"tasktoken":"  "}`, "tasktoken or taskid must be given"},
		{"read_doc", `{"page":"  "}`, "needs page"},
		{"create_folder", `{"name":"my folder"}`, "letters, digits, hyphens and underscores"},
		{"upload_file", `{"url":"file:///etc/passwd"}`, "public http or https address"},
		{"upload_file", `{"url":"ftp://x/y"}`, "public http or https address"},
		{"search_docs", `{"query":"???"}`, "no words to search for"},
	} {
		s.call(test.tool, test.arguments).refused(test.says)
	}
	require.Empty(t, s.sandbox.Requests(), "a bad argument costs no request")
}

func TestUnknownToolsAreNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.Call(soon(t), "run_modell", nil, nil)
	require.ErrorContains(t, err, "Did you mean run_model?")
}

func FuzzArguments(f *testing.F) {
	for _, seed := range []string{`{"model":"a/b","params":{"x":[1,{"y":null}]}}`, `{"params":"{}"}`, `{"model":1e400}`, `{"wait":[]}`, `{"":""}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var arguments map[string]any
		if json.Unmarshal([]byte(text), &arguments) != nil {
			return
		}
		s := fuzzServer()
		for _, tool := range []string{"run_model", "search_models", "get_task"} {
			_, err := s.Call(soon(t), tool, arguments, nil)
			require.NoError(t, err)
		}
	})
}
