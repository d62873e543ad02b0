# A bare make lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash

BUILD := build
BINARY := $(BUILD)/peacebridge

# Programs of the checks, pinned. `go run` builds them from the module proxy.
GOFUMPT := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT := golang.org/x/perf/cmd/benchstat@latest

# A test that hangs ends by this, for each package; a busy machine may need a tenth of it.
PATIENCE := 1h

# What the laws are tried on is drawn alike in every run, and differently where CI searches (laws-long).
export RAPID_SEED ?= 1

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build/peacebridge, one static binary
	@mkdir -p $(BUILD)
	CGO_ENABLED=0 go build -trimpath -o $(BINARY) ./cmd/peacebridge

.PHONY: demo
demo: build ## two agencies' gateways on this machine, and a day at the border
	@rm -rf $(BUILD)/demo
	$(BINARY) demo --once --dir $(BUILD)/demo

.PHONY: test
test: witnesses ## the tests, but for the long ones (make e2e)
	go test -short -shuffle=on -timeout $(PATIENCE) ./...

.PHONY: witnesses
witnesses: # programs that we did not write and that judge our work in tests
	@packaging/witnesses

# CI never skips a test because a program is missing: with CI set that is a failure.
.PHONY: check
check: fmt vet staticcheck tidy test portable race interop e2e ## what CI runs; the seeds of every fuzz target are tests

.PHONY: check-long
check-long: check laws-long fuzz-long torture-ledger ## the long form of CI: searches that differ from run to run, and take hours

.PHONY: fmt
fmt:
	@out=$$(go run $(GOFUMPT) -l .); if [ -n "$$out" ]; then echo "gofumpt:"; echo "$$out"; exit 1; fi

.PHONY: vet
vet:
	go vet ./...

.PHONY: staticcheck
staticcheck:
	go run $(STATICCHECK) ./...

.PHONY: tidy
tidy:
	go mod tidy -diff

.PHONY: portable
portable: ## the EDI engine without its assembly, as processors run it that are not amd64
	go vet -tags purego ./edi
	go test -short -timeout $(PATIENCE) -tags purego ./edi

.PHONY: race
race: witnesses
	go test -race -short -shuffle=on -timeout $(PATIENCE) ./...

.PHONY: e2e
e2e: witnesses ## the long tests: the day under 20 kills, faults of the ledger, a guide with any line taken out, what the pages tell to run
	go test -count=1 -timeout $(PATIENCE) ./cmd/... ./audit ./mapping ./certs ./edi

.PHONY: interop
interop: ## the ledger's logs before Tessera's fsck and other verifiers (a module of its own)
	cd audit/interop && go mod tidy -diff && go vet ./... && go test -count=1 -timeout $(PATIENCE) ./...

# The long forms; docs/ledger.md says what each variable does. A smaller run: make torture-ledger AUDIT_KILLS=50
AUDIT_KILLS ?= 1000
AUDIT_FLIPS ?= 200
AUDIT_SWEEP ?= 1
AUDIT_LONG ?= 1

.PHONY: torture-ledger
torture-ledger: witnesses ## the ledger's faults in full: 1,000 kills, every system call, every kind of file; takes hours
	AUDIT_KILLS=$(AUDIT_KILLS) AUDIT_FLIPS=$(AUDIT_FLIPS) AUDIT_SWEEP=$(AUDIT_SWEEP) AUDIT_LONG=$(AUDIT_LONG) go test -count=1 -v -timeout 12h ./audit

.PHONY: fuzz
fuzz: ## each fuzz target for a few seconds beyond its seeds
	@packaging/fuzz 3s

.PHONY: fuzz-long
fuzz-long: ## each fuzz target for five minutes
	@packaging/fuzz 5m

.PHONY: laws-long
laws-long: ## the laws (rapid) on 5,000 draws each that no run had before
	RAPID_SEED=0 RAPID_CHECKS=5000 go test -count=1 -timeout $(PATIENCE) $$(grep -rl --include='*_test.go' 'rapid\.Check' . | xargs -n1 dirname | sort -u | grep -v -e '^./audit')

.PHONY: bench
bench: ## the ratios of edi (docs/performance.md), then the benchmarks of every room
	go test -run '^$$' -bench '^Benchmark(Ratio|Manifest)$$' -benchtime 2s ./edi
	go test -run '^$$' -bench . -benchtime 0.3s -benchmem $$(go list ./... | grep -v '/edi$$')
	go test -run '^$$' -bench '^Benchmark(Yardstick|Parse|Validate|OneManifest)$$' -benchtime 0.3s -benchmem ./edi

AUDIT_SIZE ?= 1000000

.PHONY: bench-ledger
bench-ledger: ## the ratios and bounds of the ledger (docs/performance.md): plain file, Tessera, open loop, a log of AUDIT_SIZE
	set -o pipefail; go test -run '^$$' -bench '^Benchmark(Ratios|OpenLoop)$$' -benchtime 1x -timeout 30m ./audit | tr '\t' '\n'
	set -o pipefail; AUDIT_SIZE=$(AUDIT_SIZE) go test -run '^$$' -bench '^BenchmarkLarge$$' -benchtime 1x -timeout 30m ./audit | tr '\t' '\n'
	set -o pipefail; cd audit/interop && go test -run '^$$' -bench '^BenchmarkTessera$$' -benchtime 1x -timeout 30m | tr '\t' '\n'

.PHONY: bench-edi-stream
bench-edi-stream: build ## time and peak memory of edi validate on files of 100 MB and 1 GB
	go test -count=1 -run '^TestProcess$$' -v ./edi -args -process $(abspath $(BINARY))
