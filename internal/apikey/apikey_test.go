package apikey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlaceholdersAreNoCredentials(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"${WIRO_API_KEY}", "${input:wiro_api_key}", "$WIRO_API_KEY", "%WIRO_API_KEY%", "{{ wiro_key }}", "{{key}}", "<your key>", "<YOUR_API_KEY>",
		"YOUR_API_KEY", "your-api-key", "your key", "your_wiro_api_key", "YOUR_API_KEY_HERE", "undefined", "null", "None", "$(cat key)", "xxxx", "...", "****", "[API_KEY]",
		"YOUR_API_KEY:YOUR_API_SECRET", "real:${WIRO_API_SECRET}", "'${WIRO_API_KEY}'", "paste-your-key-here", "WIRO_API_KEY",
		"#{WIRO_API_KEY}", "@WIRO_API_KEY@", "__WIRO_API_KEY__", "$env:WIRO_API_KEY", "process.env.WIRO_API_KEY", "env.WIRO_API_KEY", "${{ secrets.WIRO }}",
		"(null)", "%!s(<nil>)", "[object Object]", "REPLACE_ME", "api_key", "API-KEY", "sk-...", "op://vault/wiro/key", "‘${X}’", "\u200b${X}",
	} {
		_, err := Parse(text, "")
		require.ErrorContains(t, err, "placeholder", text)
		_, err = Parse("k3y", text)
		require.Error(t, err, text)
	}
	_, err := Parse("${WIRO_API_KEY}", "")
	require.ErrorContains(t, err, "${WIRO_API_KEY}", "it is named")
	for text, says := range map[string]string{ // by half
		"k3y:${SECRET}":            "The API secret after the colon is a placeholder that was not filled in: ${SECRET}.",
		"${KEY}:s3cret":            "The API key is a placeholder that was not filled in: ${KEY}.",
		"${KEY}:${SECRET}":         "The API key is a placeholder that was not filled in: ${KEY}.",
		"${env:KEY:-x}:s3cret":     "The API key is a placeholder that was not filled in: ${env:KEY:-x}.",
		"k3y:undefined":            "The API secret after the colon is a placeholder that was not filled in: undefined.",
		`"k3y":"{{ secret }}"`:     "The API secret after the colon is a placeholder that was not filled in: {{ secret }}.",
		"<your key>:<your secret>": "The API key is a placeholder that was not filled in: <your key>.",
		"$env:WIRO_API_KEY":        "The API key is a placeholder that was not filled in: $env:WIRO_API_KEY.",
		"None":                     "The API key is a placeholder that was not filled in: None.",
		"k3y:":                     "The API secret after the colon is empty.",
	} {
		_, err := Parse(text, "")
		require.EqualError(t, err, says, text)
	}
	_, err = Parse("k3y:s3cret", "${WIRO_API_SECRET}")
	require.EqualError(t, err, "The API secret is a placeholder that was not filled in: ${WIRO_API_SECRET}.")
	for _, real := range []string{"a0b1c2d3e4f5a6b7", "aQzRtYbVnMkLpOiUyTwXcZ", "Zk-xQ_wErTyUiOpAsDfGhJkLzXcVbNm"} {
		for _, form := range []string{"<%s>", "${%s}", "{{%s}}", "$%s", "%%%s%%", "@%s@", "your-key:<%s>", "#{%s}", "[%s]"} {
			_, err := Parse(fmt.Sprintf(form, real), "")
			if err != nil {
				require.NotContains(t, err.Error(), real, "a key that somebody put into the brackets stays unsaid")
			}
		}
	}
	for _, fine := range []string{"a1b2c3", "key", "k", "sk-yourself", "nullable1", "9f8e7d6c5b4a", "my-private-key"} {
		got, err := Parse(fine, "")
		require.NoError(t, err, fine)
		require.Equal(t, fine, got.Key.Reveal())
	}
}

func TestQuotesAndBlanksAroundCredentialsAreTakenOff(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][2]string{
		" k3y\r\n": {"k3y", ""}, `"k3y"`: {"k3y", ""}, `'k3y'`: {"k3y", ""}, `" k3y "`: {"k3y", ""}, "\ufeffk3y": {"k3y", ""},
		`"'k3y'"`: {"k3y", ""}, "k3y:s3cret": {"k3y", "s3cret"}, `"k3y:s3:cret"`: {"k3y", "s3:cret"}, "“k3y”": {"k3y", ""}, "": {"", ""}, "‘k3y’": {"k3y", ""}, "«k3y»": {"k3y", ""}, "\u200bk3y\u200b": {"k3y", ""}, "\u00a0k3y ": {"k3y", ""},
		`"k3y":"s3cret"`: {"k3y", "s3cret"}, `'k3y' : 's3cret'`: {"k3y", "s3cret"}, "k3y : s3cret": {"k3y", "s3cret"}, `k3y:"s3cret"`: {"k3y", "s3cret"}, "k3y://s3+/==": {"k3y", "//s3+/=="}, `""`: {"", ""},
	} {
		got, err := Parse(key, "")
		require.NoError(t, err, key)
		require.Equal(t, want, [2]string{got.Key.Reveal(), got.Secret.Reveal()}, key)
	}
	for _, secret := range []string{"", `""`, " ", "''"} {
		got, err := Parse("k3y", secret)
		require.NoError(t, err)
		require.Empty(t, got.Secret.Reveal(), "what is not set does not switch to signing")
	}
	for _, odd := range []string{`"k3y`, `k3y'`, "k3y`", "k3y}", "k<3>y"} {
		_, err := Parse(odd, "")
		require.ErrorContains(t, err, "quotes", odd)
	}
	_, err := Parse("k:s", "t")
	require.ErrorContains(t, err, "twice")
	require.NotContains(t, strings.ToLower(err.Error()), "wiro_")
}

func TestATokenOfASignInIsNoKey(t *testing.T) {
	t.Parallel()
	token := TokenPrefix + "access_" + strings.Repeat("A", 2*MaxLength)
	for _, text := range []string{token, strings.ToUpper(token), `"` + token + `"`, token + ":secret", TokenPrefix} {
		_, err := Parse(text, "")
		require.EqualError(t, err, "The API key is a token of a sign-in to a hosted server, not a Wiro API key.", text)
	}
	_, err := Parse("key", token)
	require.EqualError(t, err, "The API secret is a token of a sign-in to a hosted server, not a Wiro API key.")
	_, err = Parse("wmcp-of-mine", "")
	require.NoError(t, err)
}
