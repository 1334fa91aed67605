//go:build !unix

package media

const openNonblock = 0
