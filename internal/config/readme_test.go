package config_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/internal/config"
)

// The documentation's tables of settings are made from the settings.
func TestREADMESnapshot(t *testing.T) {
	t.Parallel()
	const (
		path  = "../../docs/settings.md"
		begin = "<!-- settings: begin; make snapshots writes this -->\n"
		end   = "<!-- settings: end -->"
	)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(data), begin)
	require.True(t, found)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found)
	text := before + begin + "\n" + table(&config.Config{}) + "\nOf `wiro-mcp http`:\n\n" + table(&config.HTTP{}) + "\n" + end + after
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return
	}
	require.Equal(t, text, string(data), "make snapshots writes the tables")
}

func table(settings any) string {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.Flags(flags, settings)
	var b strings.Builder
	b.WriteString("| variable | flag | default | meaning |\n|---|---|---|---|\n")
	for f := range reflect.TypeOf(settings).Elem().Fields() {
		flag, def := "", ""
		if name := f.Tag.Get("flag"); name != "" {
			flag = "`--" + name + "`"
			if text := flags.Lookup(name).DefValue; text != "" {
				def = "`" + text + "`"
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Tag.Get("env"), flag, def, f.Tag.Get("about"))
	}
	return b.String()
}
