package tools

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiroai/wiro-mcp-go/wiro"
	"github.com/wiroai/wiro-mcp-go/wiro/wirotest"
)

func TestEveryCategoryOfTheCatalogIsNamed(t *testing.T) {
	t.Parallel()
	server := wirotest.NewServer()
	t.Cleanup(server.Close)
	client := wiro.NewClient(wiro.Options{BaseURL: server.URL, SocketURL: wiro.NoSocket, Credentials: wiro.Credentials{Key: wiro.Secret(server.Key)}})
	t.Cleanup(client.Close)
	require.Contains(t, knownCategories(), "realtime-stt")
	for model, err := range client.Models.All(t.Context(), wiro.ModelQuery{}) {
		require.NoError(t, err)
		for _, name := range categories(model.Categories) {
			require.True(t, name == "sandbox" || slices.Contains(knownCategories(), name), name)
		}
	}
}
