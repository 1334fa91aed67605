package wiromcp_test

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/wiroai/wiro-mcp-go"

var publicPackages = []string{module, module + "/wiro", module + "/wiro/wirotest"}

// A program outside this module can name every type that a public name mentions, and go doc
// shows it: nothing is unexported, internal, or an alias of something internal.
func TestEveryPublicTypeCanBeNamed(t *testing.T) {
	t.Parallel()
	load := loader(t)
	for _, path := range publicPackages {
		checked, err := load.Import(path)
		require.NoError(t, err)
		scope := checked.Scope()
		var check nameable
		for _, name := range scope.Names() {
			if object := scope.Lookup(name); object.Exported() {
				check.object(name, object)
			}
		}
		require.Empty(t, check.faults, path)
	}
}

// loader imports packages from the build cache.
func loader(t *testing.T) types.Importer {
	t.Helper()
	exports := map[string]string{}
	list := goTool(t, ".", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, append(publicPackages, "log", "testing")...)...)
	for line := range strings.Lines(list) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
}

func goTool(t *testing.T, folder string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off")
	var stderr strings.Builder
	command.Stderr = &stderr
	output, err := command.Output()
	require.NoError(t, err, "%s%s", output, &stderr)
	return string(output)
}

// nameable collects what cannot be named, as "where mentions what".
type nameable struct{ faults []string }

func (n *nameable) object(name string, object types.Object) {
	n.check(name, object.Type())
	named, ok := object.Type().(*types.Named)
	if _, isType := object.(*types.TypeName); !isType || !ok {
		return
	}
	for parameter := range named.TypeParams().TypeParams() {
		n.check(name, parameter.Constraint())
	}
	for method := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		if !method.Obj().Exported() {
			continue
		}
		where := name + "." + method.Obj().Name()
		n.check(where, method.Type())
		receiver := method.Obj().(*types.Func).Signature().Recv().Type()
		if pointer, ok := receiver.(*types.Pointer); ok {
			receiver = pointer.Elem()
		}
		n.check(where, receiver) // of what it is promoted from
	}
	n.fields(name, named.Underlying())
}

func (n *nameable) fields(where string, underlying types.Type) {
	if object, ok := underlying.(*types.Struct); ok {
		for field := range object.Fields() {
			if field.Exported() {
				n.check(where+"."+field.Name(), field.Type())
			}
		}
	}
}

func (n *nameable) name(where string, object *types.TypeName) {
	if object.Pkg() != nil && (!object.Exported() || strings.Contains(object.Pkg().Path(), "/internal/")) {
		n.faults = append(n.faults, fmt.Sprintf("%s mentions %s.%s", where, object.Pkg().Path(), object.Name()))
	}
}

func (n *nameable) check(where string, mentioned types.Type) {
	switch v := mentioned.(type) {
	case *types.Alias:
		n.name(where, v.Obj())
		if v.Obj().Pkg() != nil { // not any
			n.check(where, v.Rhs())
		}
	case *types.Named:
		n.name(where, v.Obj())
		for argument := range v.TypeArgs().Types() {
			n.check(where, argument)
		}
	case *types.Signature:
		for parameter := range v.TypeParams().TypeParams() {
			n.check(where, parameter.Constraint())
		}
		for parameter := range v.Params().Variables() {
			n.check(where, parameter.Type())
		}
		for result := range v.Results().Variables() {
			n.check(where, result.Type())
		}
	case *types.Map:
		n.check(where, v.Key())
		n.check(where, v.Elem())
	case *types.Struct:
		n.fields(where, v)
	case *types.Interface:
		for method := range v.Methods() {
			n.check(where, method.Type())
		}
	case interface{ Elem() types.Type }: // pointers, slices, channels, arrays
		n.check(where, v.Elem())
	}
}

// The test above finds each kind of fault.
func TestATypeThatCannotBeNamedIsFound(t *testing.T) {
	t.Parallel()
	inside := types.NewPackage("example.com/m/internal/x", "x")
	outside := types.NewPackage("example.com/m", "m")
	named := func(in *types.Package, name string, underlying types.Type) *types.Named {
		return types.NewNamed(types.NewTypeName(token.NoPos, in, name, nil), underlying, nil)
	}
	hidden := named(inside, "Hidden", types.NewStruct(nil, nil))
	lower := named(outside, "lower", types.Typ[types.Int])
	field := func(name string, of types.Type, embedded bool) *types.Var {
		return types.NewField(token.NoPos, outside, name, of, embedded)
	}
	for name, c := range map[string]struct {
		underlying types.Type
		faults     int
	}{
		"fine":     {types.NewStruct([]*types.Var{field("A", types.Typ[types.Int], false), field("b", hidden, false)}, nil), 0},
		"internal": {types.NewStruct([]*types.Var{field("A", types.NewSlice(hidden), false)}, nil), 1},
		"lower":    {types.NewStruct([]*types.Var{field("A", types.NewMap(types.Typ[types.String], lower), false)}, nil), 1},
		"alias": {types.NewStruct([]*types.Var{
			field("A", types.NewAlias(types.NewTypeName(token.NoPos, outside, "Public", nil), hidden), false),
		}, nil), 1},
	} {
		var check nameable
		public := named(outside, "Public", c.underlying)
		check.object("Public", public.Obj())
		require.Len(t, check.faults, c.faults, name)
	}
}
