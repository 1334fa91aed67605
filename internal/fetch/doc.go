// Package fetch makes HTTP clients for addresses from outside: those that callers name in
// prompts and arguments, and those that the operator names.
package fetch
