// Package install writes this server into the configuration files of MCP clients, and takes it
// out again. One table (Clients) says where each client keeps its servers and in which form.
//
// Edits keep everything else in a file byte for byte: comments, order, line endings, byte-order
// mark, mode. A file that cannot be parsed is refused and left as it is.
package install
