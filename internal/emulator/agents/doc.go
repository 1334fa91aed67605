// Package agents is the half of the emulator that deploys and runs agents: their catalog,
// credentials, skills, messages, logs, billing and teams.
package agents
