//go:build race

package main

const raceFactor = 8 // of memory
