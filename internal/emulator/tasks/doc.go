// Package tasks is the half of the emulator that lists and runs models: the catalog, the
// lifecycle of runs, their outputs and costs, realtime sessions, and files.
package tasks
