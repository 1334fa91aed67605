// Package media makes and holds the files that models of the emulator leave behind: PNGs
// with the prompt painted on them, tunes as WAV, and small samples of other formats.
package media
