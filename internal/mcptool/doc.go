// Package mcptool is a framework for MCP tools. A tool is a value: what it is (Meta), a struct
// of arguments, a struct of results, and a function. Schemas, argument checks, progress,
// confirmations, truncation and errors that lead on to the next step follow from that. The
// package knows no transport and no upstream API.
package mcptool
