# What a contributor needs; CONTRIBUTING.md says more.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/wiroai/wiro-mcp-go.version=$(VERSION)
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
RELEASE := $(shell command -v goreleaser || echo go run github.com/goreleaser/goreleaser/v2@v2.16.0)

.DEFAULT_GOAL := help
.PHONY: help build demo test lint e2e e2e-clients bench soak attack snapshots docs-eval fuzz notices release-check release-snapshot clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/wiro-mcp, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/wiro-mcp ./cmd/wiro-mcp

demo: build ## make a picture with the built-in emulator: no key, no cost
	bin/wiro-mcp call --sandbox --save bin run_model model=black-forest-labs/flux-2-pro params.prompt="a lighthouse at dawn"

test: ## run all Go tests, with the race detector where cgo is at hand
	go vet ./...
	go test $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && command -v cc >/dev/null && echo -race) ./...

lint: ## run the linters
	go run $(LINT) run ./...

e2e: build ## drive the built binary with the official TypeScript client and the conformance suite
	cd e2e && npm ci --no-audit --no-fund --loglevel=error && npm test

e2e-clients: build ## drive the built binary with every client from npm that can be had, some hundred MB of them
	cd e2e && npm ci --no-audit --no-fund --loglevel=error && npm run clients

bench: build ## measure the budgets and print them beside the figures
	go run ./internal/bench -binary bin/wiro-mcp

soak: build ## drive the built binary with random calls for SOAK (10m; one minute without), repeatable by SEED
	go run ./internal/soak -binary bin/wiro-mcp -for $(or $(SOAK),1m) $(if $(SEED),-seed $(SEED))

attack: build ## attack the built binary on loopback, and count what held
	go run ./internal/attack -binary bin/wiro-mcp $(if $(BESIDE),-beside $(BESIDE))

snapshots: ## write the golden files, the manifests, the tables in README and docs, and the register for e2e
	UPDATE=1 go test -p 1 ./internal/tools ./internal/docs ./internal/config ./internal/install ./internal/release -run 'Snapshot|Golden' -count=1

docs-eval: ## measure search_docs on questions, your own with QUERIES=file.jsonl
	go run ./internal/docs/eval $(or $(QUERIES),internal/docs/eval/testdata/tuned.jsonl)

fuzz: ## fuzz everything that parses, half a minute each
	@set -e; for target in $$(grep -rhoE 'func Fuzz[A-Za-z]+' --include='*_test.go' . | cut -d' ' -f2 | sort -u); do \
		dir=$$(dirname $$(grep -rlE "func $$target\(" --include='*_test.go' .)); \
		echo "$$dir $$target"; go test $$dir -run '^$$' -fuzz "^$$target$$" -fuzztime 30s -fuzzminimizetime 1x; done

notices: ## write the licenses of what the binary links anew
	go run ./internal/release notices

release-check: ## check the release's configuration, and build this platform's binary as a release does
	$(RELEASE) check
	$(RELEASE) build --snapshot --single-target --clean

release-snapshot: ## make everything of a release that needs no Docker and no signing key, in dist
	npm --prefix e2e ci --ignore-scripts --no-audit --no-fund --loglevel=error
	$(RELEASE) release --snapshot --clean --skip=docker,sign,sbom

clean: ## remove what was built
	rm -rf bin dist
