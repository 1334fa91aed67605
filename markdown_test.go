package wiromcp_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```")

// importable are the packages that a block without imports of its own may use, by name.
var importable = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "io": "io", "log": "log", "http": "net/http", "os": "os", "testing": "testing",
	"time": "time", "wiro": module + "/wiro", "wirotest": module + "/wiro/wirotest", "wiromcp": module,
}

// Every Go block of the documentation compiles: a program, declarations, or statements of a
// function that has a ctx and returns an error.
func TestTheGoBlocksOfTheDocumentationCompile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.md")
	require.NoError(t, err)
	for _, pattern := range []string{"docs/*.md", "deploy/*.md"} {
		more, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, more...)
	}
	load := loader(t)
	blocks := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for i, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			blocks++
			require.NoError(t, compile(load, block[1]), "%s, Go block %d", file, i+1)
		}
	}
	require.Positive(t, blocks)
	require.Error(t, compile(load, "client := wiro.New()"), "what does not compile is found")
	require.Error(t, compile(load, "task := 1"))
}

func compile(load types.Importer, block string) error {
	source := block
	if !strings.HasPrefix(block, "package ") {
		var imports strings.Builder
		for name, path := range importable {
			if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(block) {
				fmt.Fprintf(&imports, "import %s %q\n", name, path)
			}
		}
		if !regexp.MustCompile(`(?m)^(func|type) `).MatchString(block) {
			block = "func _(ctx context.Context) error {\n" + block + "\nreturn nil\n}\n"
			if !strings.Contains(imports.String(), `"context"`) {
				imports.WriteString("import \"context\"\n")
			}
		}
		source = "package main\n" + imports.String() + block
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, "block.go", source, 0)
	if err != nil {
		return err
	}
	_, err = (&types.Config{Importer: load}).Check("main", files, []*ast.File{parsed}, nil)
	return err
}

// CONTRIBUTING has a reason for every library.
func TestEveryLibraryHasAReason(t *testing.T) {
	t.Parallel()
	requirements, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	page, err := os.ReadFile("CONTRIBUTING.md")
	require.NoError(t, err)
	for _, line := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(requirements), -1) {
		library := regexp.MustCompile(`^github\.com/|/v\d+$`).ReplaceAllString(line[1], "")
		require.True(t, strings.Contains(string(page), library), "CONTRIBUTING.md does not say why %s", library)
	}
}
