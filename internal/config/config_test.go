package config_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/config"
	"github.com/wiroai/wiro-mcp-go/wiro"
)

func defaultToolsets(t *testing.T) []wiromcp.Toolset {
	t.Helper()
	toolsets, err := wiromcp.ParseToolsets("default")
	require.NoError(t, err)
	return toolsets
}

func TestTheDefaultsTalkToWiro(t *testing.T) {
	t.Parallel()
	var c config.Config
	require.NoError(t, config.Load(nil, nil, &c))
	require.Equal(t, wiro.DefaultBaseURL, c.BaseURL)
	require.Equal(t, wiro.DefaultSocketURL, c.SocketURL)
	require.Equal(t, defaultToolsets(t), []wiromcp.Toolset(c.Toolsets))
	require.Zero(t, c.RunTimeout.Duration(), "the client decides, else 45 s")
	require.False(t, c.ReadOnly || c.AllowPrivateURLs)
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	t.Parallel()
	var c config.Config
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Flags(flags, &c)
	require.NoError(t, flags.Parse([]string{"--toolsets", "docs", "--read-only"}))
	require.NoError(t, config.Load([]string{"WIRO_TOOLSETS=all", "WIRO_READ_ONLY=false", "WIRO_RUN_TIMEOUT=90"}, flags, &c))
	require.Equal(t, []wiromcp.Toolset{wiromcp.ToolsetDocs}, []wiromcp.Toolset(c.Toolsets))
	require.True(t, c.ReadOnly)
	require.Equal(t, 90*time.Second, c.RunTimeout.Duration())
	require.Nil(t, flags.Lookup("api-key"), "a command line is not private")
	require.Nil(t, flags.Lookup("api-secret"))
}

func TestAnEmptyVariableIsAnUnsetOne(t *testing.T) {
	t.Parallel()
	var c config.Config
	require.NoError(t, config.Load([]string{"WIRO_TOOLSETS=", "WIRO_READ_ONLY= ", "WIRO_LOG_LEVEL="}, nil, &c))
	require.Equal(t, defaultToolsets(t), []wiromcp.Toolset(c.Toolsets))
}

// Tokens of another API are not for Wiro's own socket.
func TestAnotherAPIDoesNotUseWirosSocket(t *testing.T) {
	t.Parallel()
	var c config.Config
	require.NoError(t, config.Load([]string{"WIRO_API_BASE_URL=https://api.example.com/v1"}, nil, &c))
	require.Equal(t, wiro.NoSocket, c.SocketURL)
	require.NoError(t, config.Load([]string{"WIRO_API_BASE_URL=https://api.example.com/v1", "WIRO_SOCKET_URL=wss://s.example.com"}, nil, &c))
	require.Equal(t, "wss://s.example.com", c.SocketURL)
}

func TestKeysDoNotGoOverAnOpenConnection(t *testing.T) {
	t.Parallel()
	for address, fine := range map[string]bool{
		"https://api.example.com/v1": true, "http://127.0.0.1:8787/v1": true, "http://localhost/v1": true, "http://[::1]/v1": true,
		"http://api.example.com/v1": false, "ftp://x/y": false, "api.wiro.ai": false, "https://user:pass@api.example.com": false, "https://x/v1?key=1": false,
	} {
		err := config.Load([]string{"WIRO_API_BASE_URL=" + address}, nil, &config.Config{})
		require.Equal(t, fine, err == nil, "%s: %v", address, err)
	}
	require.NoError(t, config.Load([]string{"WIRO_API_BASE_URL=http://wiro.internal/v1", "WIRO_ALLOW_PRIVATE_URLS=true"}, nil, &config.Config{}))
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	var c config.Config
	require.NoError(t, config.Load([]string{"WIRO_API_KEY=abcdef", "WIRO_API_SECRET=ghijkl"}, nil, &c))
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c)} {
		require.NotContains(t, text, "abcdef")
		require.NotContains(t, text, "ghijkl")
	}
	require.NoError(t, config.Load([]string{"WIRO_API_KEY=abc def", "WIRO_API_SECRET=x"}, nil, &c), "no command has used it yet")
	_, err := c.Credentials()
	require.ErrorContains(t, err, "WIRO_API_KEY")
	require.NotContains(t, err.Error(), "abc def")
}

func TestHTTPSettingsAreCheckedTogether(t *testing.T) {
	t.Parallel()
	err := config.Load([]string{
		"WIRO_LISTEN=nowhere", "WIRO_TLS_CERT=a.pem", "WIRO_RATE=0", "WIRO_TRUSTED_PROXIES=10.0.0.0/8,::1",
	}, nil, &config.HTTP{})
	for _, text := range []string{"WIRO_LISTEN", "HOST:PORT", "WIRO_TLS_KEY", "WIRO_RATE"} {
		require.ErrorContains(t, err, text)
	}
	var h config.HTTP
	require.NoError(t, config.Load([]string{"WIRO_TRUSTED_PROXIES=10.0.0.0/8,192.0.2.1", "WIRO_ALLOWED_HOSTS=a.example,b.example"}, nil, &h))
	require.Equal(t, netip.MustParsePrefix("192.0.2.1/32"), h.TrustedProxies[1])
	require.Equal(t, []string{"a.example", "b.example"}, []string(h.AllowedHosts))
	err = config.Load([]string{"WIRO_TRUSTED_PROXIES=ten", "WIRO_SHUTDOWN_GRACE=soon", "WIRO_WAITS=many"}, nil, &h)
	for _, text := range []string{"WIRO_TRUSTED_PROXIES", "WIRO_SHUTDOWN_GRACE: must be a duration", "WIRO_WAITS: must be a number"} {
		require.ErrorContains(t, err, text)
	}
}

func TestOAuthIsNotTurnedOffByAListWithoutSecrets(t *testing.T) {
	t.Parallel()
	for _, list := range []string{",", " , ,"} {
		err := config.Load([]string{"WIRO_OAUTH_SECRET=" + list}, nil, &config.HTTP{})
		require.ErrorContains(t, err, "WIRO_OAUTH_SECRET: has no secret in it")
	}
	var h config.HTTP
	require.NoError(t, config.Load([]string{"WIRO_OAUTH_SECRET="}, nil, &h))
	require.Empty(t, h.Options().OAuthSecrets)
	secret := strings.Repeat("s", 40)
	require.NoError(t, config.Load([]string{"WIRO_OAUTH_SECRET=" + secret + ","}, nil, &h))
	require.Equal(t, []string{secret}, h.Options().OAuthSecrets)
}

func TestEverySettingIsTrimmedAndUnquoted(t *testing.T) {
	t.Parallel()
	var c config.Config
	require.NoError(t, config.Load([]string{
		"WIRO_READ_ONLY=TRUE\r", `WIRO_TOOLSETS="docs, files"`, "WIRO_API_BASE_URL=  https://api.example.com/v1 \n", "WIRO_RUN_TIMEOUT='90'", `WIRO_DOCS_DIR=""`,
	}, nil, &c))
	require.True(t, c.ReadOnly)
	require.Equal(t, []wiromcp.Toolset{wiromcp.ToolsetFiles, wiromcp.ToolsetDocs}, []wiromcp.Toolset(c.Toolsets))
	require.Equal(t, "https://api.example.com/v1", c.BaseURL)
	require.Equal(t, 90*time.Second, c.RunTimeout.Duration())
	require.Empty(t, c.DocsDir)
	var slash config.Config
	require.NoError(t, config.Load([]string{"WIRO_API_BASE_URL=" + wiro.DefaultBaseURL + "/"}, nil, &slash))
	require.Equal(t, wiro.DefaultSocketURL, slash.SocketURL, "a slash at the end is no other API")
	var h config.HTTP
	require.NoError(t, config.Load([]string{`WIRO_BURST="7"`, "WIRO_SHUTDOWN_GRACE=5s\r", `WIRO_ALLOWED_HOSTS="a.example, b.example"`}, nil, &h))
	require.Equal(t, 7, h.Burst)
	require.Equal(t, []string{"a.example", "b.example"}, h.Options().AllowedHosts)
}

func TestFlagsHaveTypesAndErrorsNameWhatWasTyped(t *testing.T) {
	t.Parallel()
	var h config.HTTP
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Flags(flags, &h)
	config.Flags(flags, &config.Config{})
	for name, kind := range map[string]string{
		"burst": "int", "rate": "float", "read-only": "bool", "shutdown-grace": "duration", "run-timeout": "duration", "allowed-hosts": "list", "listen": "string",
	} {
		require.Equal(t, kind, flags.Lookup(name).Value.Type(), name)
	}
	require.Equal(t, "10000", flags.Lookup("burst").DefValue)
	require.NoError(t, flags.Parse([]string{"--burst", "-3", "--rate=fast", "--allowed-hosts", "https://x", "--waits", "1.5", "--burst-per-key", "0"}))
	err := config.Load([]string{"WIRO_BURST=7", "WIRO_RATE_PER_KEY=-1", "WIRO_TLS_CERT=c.pem"}, flags, &h)
	for _, text := range []string{
		"--burst: must be more than 0", "--rate: must be a number", "--allowed-hosts: ", "--waits: must be a number without a fraction",
		"--burst-per-key: must be more than 0", "WIRO_RATE_PER_KEY: must be more than 0", "WIRO_TLS_CERT, WIRO_TLS_KEY: ",
	} {
		require.ErrorContains(t, err, text)
	}
	require.NotContains(t, err.Error(), "HTTPOptions")
	require.NotContains(t, err.Error(), "strconv")
	late := config.Sources{Flags: flags}.Explain(&h, &wiromcp.OptionError{Options: []string{"AllowedHosts"}, Err: errors.New("x")})
	require.EqualError(t, late, "--allowed-hosts: x")
	require.NoError(t, config.Sources{}.Explain(&h, nil))
}

func TestUnknownVariablesAreNamedWithTheClosest(t *testing.T) {
	t.Parallel()
	warnings := config.Unknown([]string{"WIRO_TOOLSET=all", "WIRO_APIKEY=k", "WIRO_SOMETHING_ELSE_ENTIRELY=1", "WIRO_RATE=1", "HOME=/", "wiro_read_only=true"})
	require.Equal(t, []string{
		"WIRO_APIKEY is not a setting. Did you mean WIRO_API_KEY?",
		"WIRO_SOMETHING_ELSE_ENTIRELY is not a setting.",
		"WIRO_TOOLSET is not a setting. Did you mean WIRO_TOOLSETS?",
		"wiro_read_only is not a setting. Did you mean WIRO_READ_ONLY?",
	}, warnings)
}

func TestCredentialsAreReadOnlyWhenTheyAreUsed(t *testing.T) {
	t.Parallel()
	for variable, environ := range map[string][]string{
		"WIRO_API_KEY: is a placeholder":    {"WIRO_API_KEY=${WIRO_API_KEY}", "WIRO_API_SECRET="},
		"WIRO_API_SECRET: is a placeholder": {"WIRO_API_KEY=k3y", "WIRO_API_SECRET=undefined"},
		"WIRO_API_KEY: is missing":          {"WIRO_API_SECRET=s3cret"},
		"WIRO_API_KEY: the secret after the colon is a placeholder that was not filled in: ${S}.": {"WIRO_API_KEY=k3y:${S}"},
		"WIRO_API_KEY: the secret after the colon is empty.":                                      {"WIRO_API_KEY=k3y:"},
		"WIRO_API_SECRET: is a placeholder that was not filled in: ${S}.":                         {"WIRO_API_KEY=k3y:s3cret", "WIRO_API_SECRET=${S}"},
	} {
		var c config.Config
		require.NoError(t, config.Load(environ, nil, &c))
		_, err := c.Credentials()
		require.ErrorContains(t, err, variable)
	}
	var c config.Config
	require.NoError(t, config.Load([]string{`WIRO_API_KEY="k3y:s3cret"` + "\r\n", `WIRO_API_SECRET=""`}, nil, &c))
	credentials, err := c.Credentials()
	require.NoError(t, err)
	require.Equal(t, wiro.Credentials{Key: "k3y", Secret: "s3cret"}, credentials)
}

func TestLimitsOfCost(t *testing.T) {
	t.Parallel()
	var c config.Config
	require.NoError(t, config.Load(nil, nil, &c))
	require.Nil(t, c.MaxCostPerRun.USD())
	require.NoError(t, config.Load([]string{"WIRO_MAX_COST_PER_RUN=0", "WIRO_MAX_COST_PER_DAY=$2.5"}, nil, &c))
	require.Zero(t, *c.MaxCostPerRun.USD())
	require.InDelta(t, 2.5, *c.MaxCostPerDay.USD(), 0)
	for _, bad := range []string{"-1", "lots", "NaN", "Inf"} {
		err := config.Load([]string{"WIRO_MAX_COST_PER_DAY=" + bad}, nil, &c)
		require.ErrorContains(t, err, "WIRO_MAX_COST_PER_DAY: ", bad)
		require.ErrorContains(t, err, "amount in USD", bad)
	}
}
