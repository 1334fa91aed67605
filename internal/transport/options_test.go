package transport

import (
	"errors"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var loopback4 = netip.MustParsePrefix("127.0.0.0/8")

func TestWrongOptionsAreAllNamedAsGoHasThem(t *testing.T) {
	t.Parallel()
	r := start(t)
	_, err := NewHTTP(Backend{Tools: r.Tools}, HTTPOptions{
		Rate: -1, BurstPerKey: -5, Waits: -1, RatePerKey: math.NaN(), ShutdownGrace: -time.Second, Listen: "here", TLSKey: "k.pem",
		AllowedHosts: []string{"https://x"}, AllowedOrigins: []string{"x"}, TLSChallenge: "nowhere", TLSDirectory: "http://acme.example.com",
	})
	for _, option := range []string{
		"Rate", "BurstPerKey", "Waits", "RatePerKey", "ShutdownGrace", "Listen", "TLSCert", "TLSKey", "AllowedHosts", "AllowedOrigins", "TLSChallenge", "TLSDirectory",
	} {
		require.ErrorContains(t, err, "HTTPOptions."+option+"")
	}
	require.NotContains(t, err.Error(), "WIRO_")
	_, ok := errors.AsType[*OptionError](err)
	require.True(t, ok)
	require.NoError(t, HTTPOptions{}.Check())
}

func TestPlaceholdersAreNoCredentials(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"${WIRO_API_KEY}", "${input:wiro_api_key}", "$WIRO_API_KEY", "%WIRO_API_KEY%", "{{ wiro_key }}", "{{key}}", "<your key>", "<YOUR_API_KEY>",
		"YOUR_API_KEY", "your-api-key", "your key", "your_wiro_api_key", "YOUR_API_KEY_HERE", "undefined", "null", "None", "$(cat key)", "xxxx", "...", "****", "[API_KEY]",
		"YOUR_API_KEY:YOUR_API_SECRET", "real:${WIRO_API_SECRET}", "'${WIRO_API_KEY}'", "paste-your-key-here", "WIRO_API_KEY",
	} {
		_, err := ParseCredentials(text, "")
		require.ErrorContains(t, err, "placeholder", text)
		_, err = ParseCredentials("k3y", text)
		require.Error(t, err, text)
		r, err := credentialsOf(map[string][]string{"Authorization": {"Bearer " + text}})
		require.ErrorContains(t, err, "placeholder", text)
		require.False(t, r.Set())
	}
	_, err := ParseCredentials("${WIRO_API_KEY}", "")
	require.ErrorContains(t, err, "${WIRO_API_KEY}", "it is named")
	for _, fine := range []string{"a1b2c3", "key", "k", "sk-yourself", "nullable1", "9f8e7d6c5b4a", "my-private-key"} {
		got, err := ParseCredentials(fine, "")
		require.NoError(t, err, fine)
		require.Equal(t, fine, got.Key.Reveal())
	}
}

func TestQuotesAndBlanksAroundCredentialsAreTakenOff(t *testing.T) {
	t.Parallel()
	for key, want := range map[string][2]string{
		" k3y\r\n": {"k3y", ""}, `"k3y"`: {"k3y", ""}, `'k3y'`: {"k3y", ""}, `" k3y "`: {"k3y", ""}, "\ufeffk3y": {"k3y", ""},
		`"'k3y'"`: {"k3y", ""}, "k3y:s3cret": {"k3y", "s3cret"}, `"k3y:s3:cret"`: {"k3y", "s3:cret"}, "“k3y”": {"k3y", ""}, "": {"", ""}, `""`: {"", ""},
	} {
		got, err := ParseCredentials(key, "")
		require.NoError(t, err, key)
		require.Equal(t, want, [2]string{got.Key.Reveal(), got.Secret.Reveal()}, key)
	}
	for _, secret := range []string{"", `""`, " ", "''"} {
		got, err := ParseCredentials("k3y", secret)
		require.NoError(t, err)
		require.Empty(t, got.Secret.Reveal(), "what is not set does not switch to signing")
	}
	_, err := ParseCredentials("k:s", "t")
	require.ErrorContains(t, err, "twice")
	require.NotContains(t, strings.ToLower(err.Error()), "wiro_")
}
