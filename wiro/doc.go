// Package wiro is a client of the Wiro API.
package wiro
