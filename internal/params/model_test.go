package params

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNamesOfModelsAreForgiving(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"openai/sora-2":                             "openai/sora-2",
		" OpenAI / Sora-2 ":                         "openai/sora-2",
		"`openai/sora-2`":                           "openai/sora-2",
		`"openai/sora-2"`:                           "openai/sora-2",
		"“openai/sora-2”":                           "openai/sora-2",
		"/openai/sora-2/":                           "openai/sora-2",
		"openai/sora 2":                             "openai/sora-2",
		"openai/sora-2:3f1a9c":                      "openai/sora-2",
		"https://wiro.ai/models/openai/sora-2":      "openai/sora-2",
		"https://www.wiro.ai/models/openai/sora-2/": "openai/sora-2",
		"https://wiro.ai/models/openai/sora-2?utm_source=x&y=/#playground": "openai/sora-2",
		"wiro.ai/models/openai/sora-2#api":                                 "openai/sora-2",
		"https://wiro.ai/models/openai/sora-2/api":                         "openai/sora-2",
		"https://api.wiro.ai/v1/Run/openai/sora-2":                         "openai/sora-2",
		"POST":                                                  "post",
		"api.wiro.ai/v1/Run/openai/sora-2":                      "openai/sora-2",
		"/v1/Run/openai/sora-2":                                 "openai/sora-2",
		"models/openai/sora-2":                                  "openai/sora-2",
		"https://replicate.com/openai/sora-2":                   "openai/sora-2",
		"[Sora](https://wiro.ai/models/openai/sora-2)":          "openai/sora-2",
		"https://wiro.ai/models/wiro/Store%20Image%20Generator": "wiro/store-image-generator",
		"ACE-Step/text-to-song-ACE-Step1.5":                     "ace-step/text-to-song-ace-step1.5",
		"sora-2":                                                "sora-2",
		"Sora 2":                                                "sora-2",
	} {
		name, err := ParseModel(given)
		require.NoError(t, err, given)
		require.Equal(t, want, name.String(), given)
	}
	for _, given := range []string{"", " ", "/", "a/b/c", "../Task/Kill", "openai/../Task", "a/..", "openai/sora%2F2%2Fx", "a\x00b", "https://wiro.ai/", "ö/ü", "-a/b", "a/b-"} {
		name, err := ParseModel(given)
		require.ErrorIs(t, err, ErrModelName, "%q gave %q", given, name)
	}
}

func TestResolveFindsTheOnlyModelThatCanBeMeant(t *testing.T) {
	t.Parallel()
	slugs := []string{"openai/sora-2", "openai/sora-2-pro", "google/veo-3", "wiro/flux", "black-forest-labs/flux", "ACE-Step/Song"}
	for given, want := range map[string]string{
		"openai/sora-2": "openai/sora-2", "sora-2": "openai/sora-2", "sora2": "openai/sora-2", "open-ai/sora_2_pro": "openai/sora-2-pro", "ace-step/song": "ACE-Step/Song",
	} {
		name, err := ParseModel(given)
		require.NoError(t, err)
		slug, closest := Resolve(name, slugs, 3)
		require.Equal(t, want, slug, given)
		require.Empty(t, closest)
	}
	for given, want := range map[string][]string{
		"flux":          {"black-forest-labs/flux", "wiro/flux"},
		"openai/sora-3": {"openai/sora-2", "openai/sora-2-pro"},
		"sora":          {"openai/sora-2", "openai/sora-2-pro"},
	} {
		name, err := ParseModel(given)
		require.NoError(t, err)
		slug, closest := Resolve(name, slugs, 2)
		require.Empty(t, slug, given)
		require.Equal(t, want, closest, given)
	}
}

func FuzzParseModel(f *testing.F) {
	for _, seed := range []string{"openai/sora-2", "https://wiro.ai/models/a/b?c#d", "`a/b:c`", "[x](y/z)", "%2e%2e/%2e%2e", "models/../a/b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		name, err := ParseModel(given)
		if err != nil {
			return
		}
		again, err := ParseModel(name.String())
		require.NoError(t, err, "%q", name)
		require.Equal(t, name, again)
		require.NotContains(t, name.String(), "..")
	})
}

func FuzzCheck(f *testing.F) {
	f.Add(`{"prompt":"fox","aspectRatio":"16x9"}`)
	f.Add(`{"promt":[1,{"a":null}],"samples":"1e400","seed":"0x10","duration":"+05.s","inputImage":{"url":1}}`)
	f.Add(`{"inputDocumentMultipleUrl":",https://,","genre":"[","loop":"","resolution":".p"}`)
	f.Fuzz(func(t *testing.T, given string) {
		params, err := Parse(given)
		if err != nil {
			return
		}
		result := Check(imageModel(), params)
		for _, fault := range result.Faults {
			require.NotEmpty(t, fault.String())
		}
		if !result.Fixed() {
			return
		}
		again := Check(imageModel(), result.Params)
		require.Empty(t, again.Faults, "corrected params pass: %s", jsonText(result.Params))
		require.Equal(t, jsonText(result.Params), jsonText(again.Params), "and change no more")
	})
}
