// Package core is what the rooms of the emulator share: requests and answers, projects and
// wallets, sockets, stored files, behaviors and the record of what was asked.
package core
