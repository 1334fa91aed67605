package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/emulator"
)

func TestDoctorTriesWhatClientsLaunchAndReach(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	home := t.TempDir()
	environ = append(environ, "HOME="+home, "USERPROFILE="+home, "WIRO_API_KEY=", "WIRO_TOOLSET=all")
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+emulator.DemoKey {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(refusing.Close)
	entry := func(name, environment string) string {
		return fmt.Sprintf(`{"mcpServers":{%q:{"command":%q,"env":{%q:"1",%s}}}}`, name, os.Args[0], asProgram, environment)
	}
	for name, content := range map[string]string{
		".cursor/mcp.json":               entry("wiro", `"WIRO_API_KEY":"`+emulator.DemoKey+`"`),
		".kiro/settings/mcp.json":        entry("wiro", `"WIRO_API_KEY":"wrong-key-123"`),
		".lmstudio/mcp.json":             entry("wiro", `"WIRO_API_KEY":"YOUR_API_KEY"`),
		".warp/.mcp.json":                entry("wiro", `"WIRO_RUN_TIMEOUT":"forever"`),
		".gemini/config/mcp_config.json": `{"mcpServers":{"wiro-mcp":{"command":"wiro-mcp-that-is-nowhere"}}}`,
		".copilot/mcp-config.json":       `{"mcpServers":{"wiro":{"type":"http","url":"` + refusing.URL + `","headers":{"Authorization":"Bearer wrong-key-123"}}}}`,
		".claude.json":                   `{"mcpServers":{"wiro":{"type":"http","url":"` + refusing.URL + `","headers":{"Authorization":"Bearer ` + emulator.DemoKey + `"}}}}`,
		".config/opencode/opencode.json": `{"mcp":{"wiro":{"type":"remote","url":"http://127.0.0.1:1/mcp"}}}`,
		".config/devin/mcp_config.json":  `{"mcpServers":{"wiro":{"url":"` + refusing.URL + `"}}}`,
	} {
		path := filepath.Join(home, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	sick := command(t, environ, "", "doctor")
	require.Equal(t, exitRefused, sick.code)
	require.Empty(t, sick.err)
	for _, line := range []string{
		`(?m)^ok    API key: WIRO_API_KEY is not set here; the clients below bring their own$`,
		`(?m)^ok    settings: WIRO_TOOLSET is not a setting. Did you mean WIRO_TOOLSETS\?$`,
		`(?m)^ok    Cursor: launches .* lists [0-9]+ tools`,
		`(?m)^FAULT Kiro: launches .*; of its key Wiro says: .*\n      Copy the key again`,
		`(?m)^FAULT LM Studio: launches .*placeholder.*\n      wiro-mcp install lm-studio`,
		`(?m)^FAULT Warp: .* it says: WIRO_RUN_TIMEOUT: .*\n      Correct that in the environment of the entry$`,
		`(?m)^FAULT Antigravity: wiro-mcp-that-is-nowhere .* does not start`,
		`(?m)^FAULT Copilot CLI: connects to .* refuses the key, HTTP 401`,
		`(?m)^ok    Claude Code: connects to [^,]*$`,
		`(?m)^FAULT OpenCode: connects to .* cannot be reached from here`,
		`(?m)^ok    Devin.*: connects to [^,]*$`, // it may sign in
	} {
		require.Regexp(t, line, sick.out)
	}
	require.NotContains(t, sick.out, "wrong-key-123")
}

func TestDoctorExaminesTheRestWhereSettingsAreWrong(t *testing.T) {
	t.Parallel()
	_, environ := newEmulator(t)
	sick := command(t, append(environ, "HOME="+t.TempDir(), "WIRO_RUN_TIMEOUT=forever", "WIRO_STORE=nowhere"), "", "doctor")
	require.Equal(t, exitRefused, sick.code)
	for _, text := range []string{"FAULT settings: WIRO_RUN_TIMEOUT", "FAULT settings: WIRO_STORE", "ok    API key", "ok    Wiro API", "FAULT store"} {
		require.Contains(t, sick.out, text)
	}
}

// A folder may be anybody's: what its configurations launch or reach is not tried.
func TestDoctorStartsNothingThatAFolderBrings(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	_, environ := newEmulator(t)
	folder, home := t.TempDir(), t.TempDir()
	started := filepath.Join(home, "started")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, ".cursor"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, ".mcp.json"), fmt.Appendf(nil, `{"mcpServers":{"wiro":{"command":%q,"args":["-c","echo >%s"]}}}`, shell, started), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, ".cursor", "mcp.json"), []byte(`{"mcpServers":{"wiro":{"url":"http://user:pass@127.0.0.1:1/mcp?key=k"}}}`), 0o600))
	doctor := exec.Command(os.Args[0], "doctor")
	doctor.Dir = folder
	doctor.Env = append(environ, "HOME="+home, "USERPROFILE="+home, asProgram+"=1", "GOCOVERDIR="+t.TempDir())
	output, _ := doctor.CombinedOutput() // the folder is no fault
	require.Regexp(t, `(?m)^ok    Claude Code, this project: .* has .*sh; what a folder brings is not started`, string(output))
	require.Regexp(t, `(?m)^ok    Cursor, this project: .* has http://127.0.0.1:1/mcp; what`, string(output))
	require.NoFileExists(t, started)
}
