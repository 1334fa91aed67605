package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
)

const (
	gloveDims = 100
	checksum  = "SN/Ar/UzotWhkJiSQ+WUN/L+UCKvNU1sYgUlFzJv5QpC2qg14txpGafTxVJAEepZp4hbj2CBIhei2VT4FK4/OA==" // SHA-512, as npm gives it
)

// gloveWord is a word with its vector.
type gloveWord struct {
	text   string
	vector [gloveDims]float64
}

// readGloVe reads the words of the package, the most frequent first.
func readGloVe(name string) ([]gloveWord, error) {
	f, err := os.Open(name) //nolint:gosec // the file that the user names
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	sum := sha512.New()
	words, err := unpack(io.TeeReader(f, sum))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return words, verify(f, sum)
}

// verify reads the rest of a file and compares the checksum of the whole.
func verify(rest io.Reader, sum hash.Hash) error {
	if _, err := io.Copy(sum, rest); err != nil {
		return err
	}
	if base64.StdEncoding.EncodeToString(sum.Sum(nil)) != checksum {
		return errors.New("the package is not the one that this program was written for: its checksum differs")
	}
	return nil
}

func unpack(r io.Reader) ([]gloveWord, error) {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	files := tar.NewReader(unzipped)
	for {
		h, err := files.Next()
		if err != nil {
			return nil, err
		}
		if path.Ext(h.Name) == ".json" && path.Base(h.Name) != "package.json" {
			return decode(json.NewDecoder(files))
		}
	}
}

// decode reads {…, "words": […], "vectors": {word: [100 numbers, length, number]}, …}.
func decode(d *json.Decoder) ([]gloveWord, error) {
	var names []string
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t {
		case "words":
			if err := d.Decode(&names); err != nil {
				return nil, err
			}
		case "vectors":
			all := map[string][]float64{}
			if err := d.Decode(&all); err != nil {
				return nil, err
			}
			words := make([]gloveWord, len(names))
			for i, name := range names {
				words[i].text = name
				copy(words[i].vector[:], all[name])
			}
			return words, nil
		}
	}
}
