// Package media handles pictures, sounds and files as inputs and outputs: it detects the type of
// a file, reads local files from allowed folders only, decodes data: URIs, makes thumbnails
// and contact sheets, reads and writes PCM sound, and saves outputs without overwriting.
// It knows nothing of Wiro's API or of MCP.
package media
