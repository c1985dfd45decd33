# GNU make. "make" alone lists the targets.

GO       ?= go
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# The random histories, the end-to-end tests, the benchmarks and the bundler are modules of their own,
# so that what they need stays out of the module graph of those who import Parley.
MODULES := $(dir $(wildcard go.mod histories/go.mod e2e/go.mod bench/go.mod widget/build/go.mod))

# Vet and the linter need all packages compiled. With -race they share them with
# the tests, and Caddy, by far the largest part, is compiled once and not twice.
RACE := -race

.PHONY: help
help:
	@echo "make test       all tests, in real browsers too (installs what they need)"
	@echo "make test-fast  the tests that need no browser and are not slow: three minutes"
	@echo "make check      format, vet, linters, the front end's types and style, go.mod"
	@echo "make widget     rebuild the front end into widget/dist (needs npm)"
	@echo "make bench      what Parley costs, against plain Caddy, nginx and its own floor: 15 minutes"
	@echo "make demo       the demo shop on http://localhost:8080"

.PHONY: setup
setup:
	scripts/setup

.PHONY: test
test: setup
	$(GO) -C widget/build test ./...
	$(GO) -C widget/build run . test
	$(MAKE) --jobs 2 --output-sync test-module test-histories test-endure
	$(MAKE) --jobs 2 --output-sync test-e2e-people test-e2e-rest
	$(if $(wildcard bench/go.mod),cd bench && $(GO) vet $(RACE) ./...)

# They wait for the disk half of the time, so they run side by side.
.PHONY: test-module test-histories test-endure
test-module:
	$(GO) test -race -timeout 30m ./...
test-histories:
	cd histories && $(GO) test -race -timeout 30m ./...
test-endure:
	cd e2e && $(GO) test -race -timeout 30m -p 1 ./browser/... ./endure/... ./server/... ./webdriver/...

# A browser waits more than it works, and a process has room for one Caddy whose
# insides a test can look at: two halves side by side, each in a process of its own.
E2E_PEOPLE := ^Test(Attachments|Chat|Demo|Desk|DokuWiki|MediaWiki)
.PHONY: test-e2e-people test-e2e-rest
test-e2e-people:
	cd e2e && $(GO) test -race -timeout 30m -parallel 2 -run '$(E2E_PEOPLE)' .
test-e2e-rest:
	cd e2e && $(GO) test -race -timeout 30m -parallel 2 -skip '$(E2E_PEOPLE)' .

# What to run while you work. It installs nothing: tests that mount a disk of
# their own, which takes root, are left out. The slow ones look at -short.
.PHONY: test-fast
test-fast:
	PARLEY_TEST_NO_MOUNT=1 $(GO) test -short ./...

.PHONY: check
check: check-format check-vet check-lint check-widget check-modules

.PHONY: check-format
check-format:
	@unformatted=$$(git ls-files -co --exclude-standard -- '*.go' | xargs gofmt -l) && \
	if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi

.PHONY: check-vet
check-vet:
	$(foreach module,$(MODULES),(cd $(module) && $(GO) vet $(RACE) ./...) &&) true

# go run builds the linter as a program of its own: it never enters go.mod. The
# flag for -race reaches the linter and not its build.
.PHONY: check-lint
check-lint:
	$(foreach module,$(MODULES),(cd $(module) && \
		$(GO) run -exec "env GOFLAGS=$(RACE)" $(GOLANGCI) run --allow-parallel-runners --config $(CURDIR)/.golangci.yml ./...) &&) true

.PHONY: check-widget
check-widget:
	cd widget && npx --no-install tsc --noEmit && npx --no-install biome check

.PHONY: check-modules
check-modules:
	$(foreach module,$(MODULES),(cd $(module) && $(GO) mod tidy -diff) &&) true

.PHONY: widget
widget: setup
	$(GO) generate ./widget

.PHONY: bench
bench:
	scripts/setup bench
	cd bench && $(GO) run .

.PHONY: demo
demo:
	$(GO) run ./cmd/parley run
