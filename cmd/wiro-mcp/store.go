package main

import (
	"path/filepath"
	"runtime"
	"strings"

	wiromcp "github.com/wiroai/wiro-mcp-go"
)

// store returns the store of the settings. A server of one user that is told nothing uses a
// folder of the user, so that a client that is started again finds its run; if that cannot be
// written, memory. Nothing is created before the first use.
func (a *app) store(ofUser bool) *wiromcp.Store {
	address, orMemory := a.storeAddress(ofUser)
	s, err := wiromcp.OpenStore(address, wiromcp.StoreOptions{OrMemory: orMemory})
	if err != nil { // the settings were checked
		return nil
	}
	a.cleanup = append(a.cleanup, func() { _ = s.Close() })
	return s
}

// storeAddress is the address of the store, and what is called if it becomes one in memory.
func (a *app) storeAddress(ofUser bool) (address string, orMemory func(error)) {
	folder := stateFolder(runtime.GOOS, a.environ)
	if a.config.Store != "" || !ofUser || a.useSandbox || folder == "" {
		return a.config.Store, nil
	}
	return "file:" + filepath.Join(folder, "wiro-mcp"), func(err error) {
		a.log.Warn().Err(err).Msg("runs are remembered in memory only, until this process ends: WIRO_STORE=file:FOLDER names a folder that can be written")
	}
}

// stateFolder is where programs of a user keep their state; "" if the environment does not say.
func stateFolder(system string, environ []string) string {
	env := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	home := env["HOME"]
	switch {
	case system == "windows":
		return env["LOCALAPPDATA"]
	case filepath.IsAbs(env["XDG_STATE_HOME"]):
		return env["XDG_STATE_HOME"]
	case home == "":
		return ""
	case system == "darwin":
		return filepath.Join(home, "Library", "Application Support")
	}
	return filepath.Join(home, ".local", "state")
}
