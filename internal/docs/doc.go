// Package docs searches and reads the documentation of Wiro: pages of Markdown that ship in the
// binary and, if the operator configures a source, newer pages from a folder or a website.
//
// Nothing is read, parsed or indexed before the first use.
package docs
