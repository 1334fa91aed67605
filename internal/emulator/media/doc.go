// Package media makes the outputs of the emulator's models: PNGs with the prompt painted on
// them, tunes as WAV, and small samples of other formats.
package media
