// Package media handles pictures, sounds and files on their way in and out: it tells what a
// file is, reads local files from allowed folders only, decodes data: URIs, makes thumbnails
// and contact sheets, reads and writes PCM sound, and saves outputs without overwriting.
// It knows nothing of Wiro's API or of MCP.
package media
