// Package tools is the catalog of MCP tools for the Wiro platform: one file per toolset, one
// list. Registration, toolset and read-only filters, server instructions, the README's tables,
// the schema snapshots and the end-to-end calls follow from the list. A handler calls one typed
// method of package wiro; package mcptool does everything around it.
package tools
