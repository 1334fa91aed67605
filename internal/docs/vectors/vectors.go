// Package vectors has what words mean, as vectors: words that are used alike have vectors that point alike, and so
// have texts, by the sum of their words' vectors. Common words have short vectors and count little.
//
// The table is a file that command train makes. Nothing of it is read before the first word is looked up.
package vectors

import (
	_ "embed" // the table
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"sync"
)

// Dims is the number of dimensions of a Vector.
const Dims = 48

// A Vector is the meaning of a word or a text.
type Vector [Dims]float32

// A Row is the place of a word in the table.
type Row int32

// None is the row of a word that is not in the table. Its vector is zero.
const None Row = -1

// table.bin has the words in order, one a line, an empty line, and for each word its row: a scale as a float32 (little
// endian) and Dims signed bytes, which times the scale are the word's vector.
//
//go:embed table.bin
var file string

const rowSize = 4 + Dims

type table struct {
	words []string
	rows  string
}

var words = sync.OnceValue(func() table { return open(file) })

func open(file string) table {
	names, rows, _ := strings.Cut(file, "\n\n")
	return table{words: strings.Split(names, "\n"), rows: rows}
}

// Find returns the row of a word in lower case, None if the table does not have the word.
func Find(word string) Row {
	i, ok := slices.BinarySearch(words().words, word)
	if !ok {
		return None
	}
	return Row(i) //nolint:gosec // a table has some ten thousand words
}

// Add adds the vector of a row to v.
func (v *Vector) Add(row Row) {
	if row != None {
		words().add(v, row)
	}
}

func (t table) add(v *Vector, row Row) {
	r := t.rows[int(row)*rowSize:][:rowSize]
	scale := math.Float32frombits(binary.LittleEndian.Uint32([]byte(r[:4])))
	for i := range v {
		v[i] += scale * float32(int8(r[4+i])) //nolint:gosec // the byte is a signed one
	}
}

// Vector returns the vector of a row, normalized.
func (r Row) Vector() Vector {
	var v Vector
	v.Add(r)
	v.Normalize()
	return v
}

// Sum adds another vector to v.
func (v *Vector) Sum(o *Vector) {
	for i := range v {
		v[i] += o[i]
	}
}

// Scale makes v longer or shorter.
func (v *Vector) Scale(by float32) {
	for i := range v {
		v[i] *= by
	}
}

// Normalize makes v as long as 1, unless it is zero.
func (v *Vector) Normalize() {
	length := math.Sqrt(float64(v.Dot(v)))
	if length > 0 {
		v.Scale(float32(1 / length))
	}
}

// Dot returns the dot product. Of two normalized vectors it is how alike they are: 1 for the same meaning.
func (v *Vector) Dot(o *Vector) float32 {
	sum := float32(0)
	for i := range v {
		sum += v[i] * o[i]
	}
	return sum
}

// Encode writes a table as Find and Add read it: words in order, each with its vector.
func Encode(words []string, of []Vector) []byte {
	b := []byte(strings.Join(words, "\n") + "\n\n")
	for i := range of {
		largest := float32(0)
		for _, x := range of[i] {
			largest = max(largest, x, -x)
		}
		scale := max(largest/math.MaxInt8, math.SmallestNonzeroFloat32)
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(scale))
		for _, x := range of[i] {
			b = append(b, byte(int8(math.Round(float64(x/scale))))) //nolint:gosec // Add reads a signed one
		}
	}
	return b
}
