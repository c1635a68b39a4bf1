# unigate: `make help` lists the targets. Nothing but Go is needed for run, test and build.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
OUT      ?= out
FUZZTIME ?= 10s
GOLANGCI ?= github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT   := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS  := -X github.com/unigate/unigate/internal/cli.version=$(VERSION) -X github.com/unigate/unigate/internal/cli.commit=$(COMMIT)

.PHONY: help run build test lint bench fuzz selftest cover licences clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/unigate
	@mkdir -p bin
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/unigate ./cmd/unigate

run: build ## verify and load-test the embedded reference service; reports go to out/
	@rm -rf $(OUT)
	@echo "verifying and load-testing the embedded reference service, some 15 seconds"
	@bin/unigate verify --quiet --out $(OUT)/verify || [ -f $(OUT)/verify/run.json ]
	@bin/unigate load --quiet --rate 200 --duration 10s --out $(OUT)/load || [ -f $(OUT)/load/run.json ]
	@bin/unigate report $(OUT)/verify/run.json $(OUT)/load/run.json --out $(OUT)

test: ## run every test with the race detector
	$(GO) test -race -timeout 20m ./...

lint: ## vet and lint, import arrows included
	$(GO) vet ./...
	$(GO) run $(GOLANGCI) run ./...
	@.ci/lint-control $(GO) run $(GOLANGCI)

fuzz: ## run every fuzz target for FUZZTIME (default 10s) each
	@.ci/fuzz $(FUZZTIME)

selftest: build ## prove that verify catches every catalogued fault and raises no false alarm
	bin/unigate selftest

bench: build ## benchmarks; they print ratios and never fail on a slow machine
	@.ci/bench

cover: ## statement coverage by package
	$(GO) test -timeout 20m -cover ./...

licences: ## list the linked modules with their licences
	$(GO) run ./cmd/internal/licences LICENSES/modules.md

clean: ## remove what the targets made
	rm -rf bin $(OUT)
