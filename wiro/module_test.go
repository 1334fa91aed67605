package wiro_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/wiroai/wiro-mcp-go"

// A program that uses the client alone must not pay for the MCP server.
func TestAProgramOfTheClientAloneIsSmall(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	source := filepath.Join(folder, "main.go")
	require.NoError(t, os.WriteFile(source, []byte(`package main

import (
	"context"
	"os"

	"`+module+`/wiro"
)

func main() {
	client := wiro.NewClient(wiro.Options{})
	task, err := client.Run(context.Background(), os.Args[1], wiro.Params{"prompt": os.Args[2]})
	if err != nil {
		panic(err)
	}
	println(task.Token)
}
`), 0o600))
	goTool(t, "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(folder, "program"), source)
	info, err := os.Stat(filepath.Join(folder, "program"))
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(7_500_000))

	modules := strings.Fields(goTool(t, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", module+"/wiro"))
	slices.Sort(modules)
	require.Equal(t, []string{
		"github.com/cenkalti/backoff/v5", "github.com/google/uuid", "github.com/gorilla/websocket", module,
	}, slices.Compact(modules))
}

func goTool(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Stderr = os.Stderr
	output, err := command.Output()
	require.NoError(t, err)
	return string(output)
}

// Whatever an exported name mentions, a program outside this module can name.
func TestEveryTypeOfTheClientCanBeNamed(t *testing.T) {
	t.Parallel()
	scope := checkedPackage(t).Scope()
	for _, name := range scope.Names() {
		object := scope.Lookup(name)
		if !object.Exported() {
			continue
		}
		requireNameable(t, name, object.Type())
		if named, ok := object.Type().(*types.Named); ok {
			for method := range types.NewMethodSet(types.NewPointer(named)).Methods() {
				if method.Obj().Exported() {
					requireNameable(t, name+"."+method.Obj().Name(), method.Type())
				}
			}
			requireFieldsNameable(t, name, named.Underlying())
		}
	}
}

func checkedPackage(t *testing.T) *types.Package {
	t.Helper()
	files := token.NewFileSet()
	noTests := func(info fs.FileInfo) bool { return !strings.HasSuffix(info.Name(), "_test.go") }
	parsed, err := parser.ParseDir(files, ".", noTests, 0) //nolint:staticcheck // one package without build tags
	require.NoError(t, err)
	var list []*ast.File
	for _, file := range parsed["wiro"].Files {
		list = append(list, file)
	}
	config := types.Config{Importer: importer.ForCompiler(files, "source", nil)}
	checked, err := config.Check(module+"/wiro", files, list, nil)
	require.NoError(t, err)
	return checked
}

func requireFieldsNameable(t *testing.T, name string, underlying types.Type) {
	t.Helper()
	object, isStruct := underlying.(*types.Struct)
	if !isStruct {
		return
	}
	for field := range object.Fields() {
		if field.Exported() {
			requireNameable(t, name+"."+field.Name(), field.Type())
		}
	}
}

func requireNameable(t *testing.T, where string, typ types.Type) {
	t.Helper()
	switch v := typ.(type) {
	case *types.Named:
		object := v.Obj()
		if object.Pkg() != nil {
			require.True(t, object.Exported(), "%s mentions %s", where, object.Name())
			require.NotContains(t, object.Pkg().Path(), "/internal/", where)
		}
		for argument := range v.TypeArgs().Types() {
			requireNameable(t, where, argument)
		}
	case *types.Signature:
		for parameter := range v.Params().Variables() {
			requireNameable(t, where, parameter.Type())
		}
		for result := range v.Results().Variables() {
			requireNameable(t, where, result.Type())
		}
	case *types.Map:
		requireNameable(t, where, v.Key())
		requireNameable(t, where, v.Elem())
	case interface{ Elem() types.Type }: // pointers, slices, channels, arrays
		requireNameable(t, where, v.Elem())
	case *types.Struct:
		requireFieldsNameable(t, where, v)
	}
}
