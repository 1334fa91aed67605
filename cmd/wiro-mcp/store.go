package main

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"

	wiromcp "github.com/wiroai/wiro-mcp-go"
	"github.com/wiroai/wiro-mcp-go/internal/mcptool"
	"github.com/wiroai/wiro-mcp-go/internal/store"
	"github.com/wiroai/wiro-mcp-go/internal/tools"
	"github.com/wiroai/wiro-mcp-go/wiro"
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

func (a *app) storeAddress(ofUser bool) (address string, orMemory func(error)) {
	address = a.config.Store
	if folder := stateFolder(runtime.GOOS, a.environ); address == "" && ofUser && !a.useSandbox && folder != "" {
		address = "file:" + filepath.Join(folder, "wiro-mcp")
		orMemory = func(err error) {
			a.log.Warn().Err(err).Msg("runs are remembered in memory only, until this process ends: WIRO_STORE=file:FOLDER names a folder that can be written")
		}
	}
	return address, orMemory
}

// sessionBudget holds a session with a model against the limits of cost that are set.
func (a *app) sessionBudget(ctx context.Context, client *wiro.Client, model wiro.Model) (*tools.SessionBudget, error) {
	address, orMemory := a.storeAddress(true)
	s, err := store.Open(address, store.Options{OrMemory: orMemory})
	if err != nil {
		return nil, err
	}
	a.cleanup = append(a.cleanup, func() { _ = s.Close() })
	limits := mcptool.SpendingLimits{PerRun: a.config.MaxCostPerRun.USD(), PerDay: a.config.MaxCostPerDay.USD()}
	return tools.NewSessionBudget(ctx, client, s, limits, model, a.log)
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
