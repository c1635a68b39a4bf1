# unigate: `make help` lists the targets. Nothing but Go is needed for run, test and build.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
OUT      ?= out
FUZZTIME ?= 10s
PKGS     ?= ./internal/objective ./internal/redact ./internal/oracle ./load/capacity ./load/measure ./load/pace ./load/health ./load verdict.go threshold.go watch.go ./steps verdict.go waivers.go result.go ./reports/compare
GOLANGCI ?= github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT   := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS  := -X github.com/unigate/unigate/cmd/internal/cli.version=$(VERSION) -X github.com/unigate/unigate/cmd/internal/cli.commit=$(COMMIT)

.PHONY: help run build test test-long test-full lint mutate bench searches fuzz selftest cover rehearsal history kubernetes licences clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/unigate
	@mkdir -p bin
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/unigate ./cmd/unigate

run: build ## verify and load-test the embedded reference service; reports go to out/
	@.ci/try bin/unigate $(OUT)

test: ## run the tests, where code has goroutines with the race detector; some send few of many inputs
	@GO='$(GO)' .ci/test

test-long: ## run what make test leaves: the tests that it shortens in full, and whole runs with the race detector
	@GO='$(GO)' .ci/test --long

test-full: ## run every test at its full length with the race detector (an hour)
	UNIGATE_TEST_ALL_SEASONS=1 $(GO) test -race -timeout 120m ./...

lint: ## vet and lint, import arrows included
	$(GO) vet ./...
	$(GO) run $(GOLANGCI) run ./...
	@.ci/lint-control $(GO) run $(GOLANGCI)

fuzz: ## run every fuzz target for FUZZTIME (default 10s) each
	@.ci/fuzz $(FUZZTIME)

selftest: build ## prove that verify catches every catalogued fault and raises no false alarm
	bin/unigate selftest

mutate: ## change the code of PKGS one operator at a time and name what no test notices
	$(GO) run ./cmd/internal/mutate -ignore cmd/internal/mutate/equivalent.txt $(PKGS)

bench: build ## benchmarks; they print ratios and never fail on a slow machine
	@.ci/bench

searches: ## capacity searches before queues whose capacity is known; fails where fewer than nine of ten intervals hold it (half an hour)
	$(GO) run ./cmd/internal/bench -searches 20

cover: ## statement coverage by package
	$(GO) test -timeout 20m -cover ./...

rehearsal: build ## rehearse an upgrade, a good one and a bad one, on the reference service
	@.ci/rehearsal bin/unigate

history: build ## make thirty records of real runs in $(OUT)/history, for unigate trend
	@.ci/history bin/unigate $(OUT)/history

kubernetes: ## hold deploy/kubernetes to the types of Kubernetes (a module of its own)
	cd deploy/kubernetes/testdata && $(GO) test ./...

licences: ## list the linked modules with their licences
	$(GO) run ./cmd/internal/licences LICENSES/modules.md

clean: ## remove what the targets made
	rm -rf bin $(OUT)
