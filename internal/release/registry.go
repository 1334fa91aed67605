package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
)

// serverJSON is the entry in the MCP registry. The bundle is part of it once it is packed, because
// its hash is.
func serverJSON(p *project, bundle string) ([]byte, error) {
	sum := ""
	if bundle != "" {
		content, err := os.ReadFile(bundle)
		if err != nil {
			return nil, err
		}
		hash := sha256.Sum256(content)
		sum = hex.EncodeToString(hash[:])
	}
	return render("server.json", struct {
		*project
		BundleSHA256 string
	}{p, sum})
}
