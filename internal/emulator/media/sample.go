package media

import "embed"

// samples are read when somebody fetches one; they cost the binary a few KB and no start.
//
//go:embed samples
var samples embed.FS

// Sample is a sample file by its name: sample.mp4, sample.mp3, sample.pdf, sample.glb or
// sample.zip. Another name is a bug, so it panics.
func Sample(name string) []byte {
	data, err := samples.ReadFile("samples/" + name)
	if err != nil {
		panic(err)
	}
	return data
}

// SampleSize is the length of a sample in bytes.
func SampleSize(name string) int64 {
	f, err := samples.Open("samples/" + name)
	if err != nil {
		panic(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		panic(err)
	}
	return info.Size()
}
