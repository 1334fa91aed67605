// Package core is what the packages of the emulator share: requests and responses, projects and
// wallets, sockets, stored files, behaviors, and the record of requests.
package core
