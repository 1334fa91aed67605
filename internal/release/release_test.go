package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

func testProject(t *testing.T) *project {
	t.Helper()
	p, err := newProject(root, "")
	require.NoError(t, err)
	return p
}

// The files that clients read from the repository are those that the code writes.
func TestManifestsGolden(t *testing.T) {
	t.Parallel()
	files, err := manifests(testProject(t))
	require.NoError(t, err)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, writeFiles(root, files))
	}
	for path, want := range files {
		got, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%s: make snapshots writes it anew", path)
	}
}

func TestServerJSONIsValidInTheRegistry(t *testing.T) {
	t.Parallel()
	bundle := filepath.Join(t.TempDir(), "a.mcpb")
	require.NoError(t, os.WriteFile(bundle, []byte("bundle"), 0o600))
	schema, err := jsonschema.NewCompiler().Compile("testdata/server.schema.json")
	require.NoError(t, err)
	p := testProject(t)
	for _, packed := range []string{"", bundle} {
		text, err := serverJSON(p, packed)
		require.NoError(t, err)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(value))
	}

	text, err := serverJSON(p, bundle)
	require.NoError(t, err)
	var server struct {
		Name, Description string
		Packages          []struct{ RegistryType, Identifier, Version, FileSha256 string }
	}
	require.NoError(t, json.Unmarshal(text, &server))
	sum := sha256.Sum256([]byte("bundle"))
	require.Len(t, server.Packages, 3)
	assert.LessOrEqual(t, utf8.RuneCountInString(server.Description), 100)
	assert.Equal(t, p.Version, server.Packages[0].Version)
	assert.Equal(t, p.Image+":"+p.Version, server.Packages[1].Identifier)
	assert.Contains(t, server.Packages[2].Identifier, "/releases/download/v"+p.Version+"/")
	assert.Equal(t, hex.EncodeToString(sum[:]), server.Packages[2].FileSha256)

	// The registry reads the name from the image's label to see that the image is ours.
	for _, file := range []string{"Dockerfile", "deploy/release.Dockerfile"} {
		dockerfile, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		assert.Contains(t, string(dockerfile), `io.modelcontextprotocol.server.name="`+server.Name+`"`, file)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for version, valid := range map[string]bool{"1.2.3": true, "1.2.3-rc.1": true, "v1.2.3": false, "1.2": false, "latest": false} {
		_, err := newProject(root, version)
		assert.Equal(t, valid, err == nil, version)
	}
}

// layBinaries writes stand-ins for the built binaries as GoReleaser lays them out.
func layBinaries(t *testing.T, p *project) string {
	t.Helper()
	dir := t.TempDir()
	for _, target := range p.Platforms {
		folder := filepath.Join(dir, "wiro-mcp_"+target.GOOS+"_"+target.GOARCH+"_v1")
		require.NoError(t, writeExecutable(filepath.Join(folder, target.executable()), []byte(target.String())))
	}
	return dir
}

func TestNPMPackages(t *testing.T) {
	t.Parallel()
	p := testProject(t)
	binaries, first, second := layBinaries(t, p), t.TempDir(), t.TempDir()
	require.NoError(t, npmPackages(p, root, binaries, first))
	require.NoError(t, npmPackages(p, root, binaries, second))

	main := readTarball(t, filepath.Join(first, "wiro-ai-wiro-mcp-go-"+p.Version+".tgz"))
	var manifest struct {
		Version, MCPName     string
		Scripts, Bin         map[string]string
		OptionalDependencies map[string]string
		Engines              struct{ Node string }
	}
	require.NoError(t, json.Unmarshal(main["package/package.json"], &manifest))
	assert.Equal(t, p.Registry, manifest.MCPName)
	assert.Empty(t, manifest.Scripts, "install scripts do not run everywhere")
	assert.Equal(t, ">=18", manifest.Engines.Node, "a higher one makes npm install an older version quietly")
	assert.Contains(t, main, "package/"+manifest.Bin["wiro-mcp"])
	assert.Len(t, manifest.OptionalDependencies, len(p.Platforms))

	for _, target := range p.Platforms {
		name := p.Package + "-" + target.String()
		assert.Equal(t, p.Version, manifest.OptionalDependencies[name])
		file := tarballName(name, p.Version)
		files := readTarball(t, filepath.Join(first, file))
		assert.Equal(t, target.String(), string(files["package/bin/"+target.executable()]))
		one, err := os.ReadFile(filepath.Join(first, file))
		require.NoError(t, err)
		two, err := os.ReadFile(filepath.Join(second, file))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(one, two), "%s is not the same bytes twice", file)
	}
}

func TestPackagesNeedEveryBinary(t *testing.T) {
	t.Parallel()
	p := testProject(t)
	binaries := layBinaries(t, p)
	require.NoError(t, os.RemoveAll(filepath.Join(binaries, "wiro-mcp_windows_arm64_v1")))
	assert.ErrorContains(t, npmPackages(p, root, binaries, t.TempDir()), "windows_arm64")
}

func TestNormalizedBundlesAreEqual(t *testing.T) {
	t.Parallel()
	var bundles [][]byte
	for i := range 2 {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		header := &zip.FileHeader{Name: "server/wiro-mcp", Method: zip.Deflate, Modified: time.Unix(1e9*int64(i+1), 0)}
		header.SetMode(0o755)
		entry, err := w.CreateHeader(header)
		require.NoError(t, err)
		_, err = entry.Write([]byte("program"))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		path := filepath.Join(t.TempDir(), "a.mcpb")
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
		require.NoError(t, normalize(path))
		packed, err := os.ReadFile(path)
		require.NoError(t, err)
		bundles = append(bundles, packed)
	}
	assert.Equal(t, bundles[0], bundles[1])
	archive, err := zip.NewReader(bytes.NewReader(bundles[0]), int64(len(bundles[0])))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), archive.File[0].Mode())
	content, err := archive.File[0].Open()
	require.NoError(t, err)
	text, err := io.ReadAll(content)
	require.NoError(t, err)
	assert.Equal(t, "program", string(text))
}

// readTarball returns the files of a package by their names, and checks their modes.
func readTarball(t *testing.T, path string) map[string][]byte {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // it is only read
	unpacked, err := gzip.NewReader(file)
	require.NoError(t, err)
	files := map[string][]byte{}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if err == io.EOF { //nolint:errorlint // tar returns it as it is
			return files
		}
		require.NoError(t, err)
		isProgram := strings.HasPrefix(header.Name, "package/bin/")
		assert.Equal(t, isProgram, header.Mode&0o111 != 0, header.Name)
		files[header.Name], err = io.ReadAll(archive)
		require.NoError(t, err)
	}
}

// Every module that the binary links has its license in the notices.
func TestNoticesNameEveryModule(t *testing.T) {
	t.Parallel()
	modules, err := linkedModules(t.Context(), root, runtime.GOOS) // the sources of others may not be here
	require.NoError(t, err)
	require.NotEmpty(t, modules)
	kept, err := os.ReadFile(filepath.Join(root, noticesFile))
	require.NoError(t, err)
	for _, m := range modules {
		assert.Contains(t, string(kept), "\n## "+m.Path+" "+m.Version+"\n", "make notices writes the file anew")
		_, err := licenses(m.Dir)
		assert.NoError(t, err, m.Path)
	}
}

// Actions are named by commit, because tags can be moved, and jobs get no rights that they do not name.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Contains(t, string(text), "\npermissions:\n  contents: read\n", file)
		for line := range strings.Lines(string(text)) {
			if _, action, found := strings.Cut(line, "uses: "); found {
				assert.Regexp(t, pinned, strings.TrimSpace(action), file)
			}
		}
	}
}
