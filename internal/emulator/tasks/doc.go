// Package tasks is the half of the emulator that lists and runs models: the catalog, runs
// and their life, what they leave behind and cost, realtime sessions, and files.
package tasks
