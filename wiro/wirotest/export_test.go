package wirotest

// Script lets tests see what the emulator is told.
var Script = script
