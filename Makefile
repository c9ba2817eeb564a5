# The two commands of the README are `make demo` and `make test`; they need Go, git
# and make. Tools that go.mod does not carry run at the versions pinned here.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
REDOCLY       := @redocly/cli@2.77.0
OASDIFF       := github.com/oasdiff/oasdiff@v1.36.0
ACTIONLINT    := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GREMLINS      := github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
VALE          := github.com/errata-ai/vale/v3/cmd/vale@v3.15.2
APIDIFF       := golang.org/x/exp/cmd/apidiff@v0.0.0-20260811152304-ee035b5b010f

# The race detector needs a C compiler on most systems. Where there is none the
# tests still run; CI insists on it.
RACE := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)

FUZZTIME  ?= 60s # for each fuzz target
SCHEDULES ?= 100000x # random schedules of the engine
TESTED    ?= ./...

# Modules of their own, so that what they need stays out of go.mod. Those of
# PEERS build much, and only `make check-all` looks at them.
NESTED := authflow/prometheus authflow/redisstore tests/contract tests/compose tests/generate tests/embed tests/load \
	tests/replicas tests/release examples/otel
PEERS  := tests/bench examples/backend

# The packages whose English is checked, without their subfolders.
PROSE := authflow authflow/pool authflow/tokenservice $(wildcard authflow/internal/*) authflow/config authflow/prometheus authflow/filestore \
	authflow/redisstore authflow/storetest authflow/authtest authflow/authtest/internal/complaint authflow/authtest/control \
	authflow/authtest/simulate tests/replicas examples/otel examples/backend tests/embed tests/embed/cmd/embed \
	gen api api/wire cmd/tsauth $(wildcard cmd/tsauth/internal/*) tests/generate examples/tags

# The packages of tests, except tests/generate.
PROSE += tests tests/prose $(wildcard tests/internal/*) tests/specdrift tests/contract tests/compose tests/load \
	tests/sizing tests/sizing/print tests/measured tests/bench tests/bench/fake $(wildcard tests/bench/hello/*) tests/bench/peers tests/bench/table \
	tests/replicas/replica tests/release tests/programs tests/summary

.PHONY: help demo test beside-load quickstarts crowds contract compose redis replicas sizing browser embed programs elsewhere metrics backend load load-smoke generate \
	check check-all generated fmt vet platforms lint prose workflows spec-lint spec-diff spec-drift api-diff release-check fuzz mutate bench bench-report bench-current bench-smoke

help: ## this list
	@echo "Each target needs Go, git and make, and takes a minute at the most, unless it says otherwise."
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: ## every way into ThoughtSpot, on the embedded simulator or a real cluster
	go run ./examples/quickstart

test: ## all tests, the long ones at a small size, with the race detector where there is a C compiler; cold 4 minutes
	@[ -n "$(RACE)" ] || echo "no C compiler: running without the race detector"
	@GORACE="$(GORACE) atexit_sleep_ms=0" go run ./tests/summary $(RACE) -timeout 10m $(TESTED)

beside-load: ## make test, or TESTED=<packages>, three times beside eight busy loops, which it starts and ends; 30 minutes
	tests/beside-load.sh $(MAKE) test TESTED="$(TESTED)"

quickstarts: ## the simulator as a process, tested from Node and from Python; needs node and python3
	go build -o bin/tsauth ./cmd/tsauth
	node --test examples/node/thoughtspot.test.mjs
	python3 -B -m unittest discover -s examples/python

crowds: ## the tests of the core in full, without the race detector: crowds of the promised size, such as 10,000 flows at once, all rows of long tables, and many random schedules; 5 minutes
	TSAUTH_CROWDS=1 go test -count=1 -timeout 15m ./authflow ./authflow/internal/renewal ./authflow/tokenservice ./authflow/filestore ./authflow/storetest
	LIMITER_SCHEDULES=40 LOCKOUT_SCHEDULES=80 POOL_SCHEDULES=300 go test -count=1 -timeout 10m ./authflow/internal/limiter ./authflow/internal/lockout ./authflow/pool

contract: ## spec, client and simulator held together, or the server that THOUGHTSPOT_HOST names; 2 minutes
	cd tests/contract && go test -count=1 -timeout 15m

compose: ## how a Flow works with oauth2, retryablehttp, otelhttp, resty and others
	cd tests/compose && go test $(RACE) -count=1 -timeout 5m ./...

redis: ## tokens shared by replicas, on servers that it starts where redis-server is installed; 2 minutes
	cd authflow/redisstore && go test $(RACE) -count=1 -timeout 4m ./...
	cd authflow/redisstore && TSAUTH_CROWDS=1 go test -count=1 -timeout 2m -run Fleet ./...

replicas: ## replicas that share a Redis, as processes, in trouble and without; needs redis-server; 4 minutes
	cd tests/replicas && go test -count=1 -parallel 8 -timeout 10m ./...

sizing: ## the tables of docs/sizing.md, from a model that is held to authflow: what fleets cost that no test can run
	TSAUTH_CROWDS=1 go test -count=1 -timeout 5m ./tests/sizing
	@go run ./tests/sizing/print

SDK := tests/embed/node_modules/.package-lock.json

browser: $(SDK) ## pages that embed by the vendor's SDK, in Chromium (or CHROMIUM=<command>); needs Node and the npm registry; 2 minutes
	cd tests/embed && TSAUTH_BROWSER=required go test -count=1 -timeout 4m ./...

PROGRAMS := tests/programs/node_modules/.package-lock.json

programs: $(PROGRAMS) ## curl, Python, newman and the vendor's SDK through tsauth proxy; needs them, Node and the npm registry; 2 minutes
	TSAUTH_PROGRAMS=required go test -count=1 -timeout 5m ./tests/programs

$(PROGRAMS): tests/programs/package-lock.json
	cd tests/programs && npm ci --ignore-scripts
	@touch $@

embed: $(SDK) ## serve an application that embeds ThoughtSpot, to try by hand; needs Node and the npm registry
	cd tests/embed && go run ./cmd/embed

$(SDK): tests/embed/package-lock.json
	cd tests/embed && npm ci
	@touch $@

elsewhere: ## the generators: templates, the configuration of docs/client.md, other modules, and what linters see as deprecated; cold 4 minutes
	cd tests/generate && go test -count=1 -timeout 10m ./...

metrics: ## the metrics for Prometheus, and the example for OpenTelemetry
	cd authflow/prometheus && go test $(RACE) -count=1 -timeout 5m ./...
	cd examples/otel && go test $(RACE) -count=1 -timeout 5m ./...

backend: ## the example of an application that embeds ThoughtSpot, tested, three replicas where redis-server is installed; cold 3 minutes
	cd examples/backend && go test -count=1 -timeout 5m ./...

LOAD ?= # such as -users 10000 -over 10s, which takes 6 minutes

EXPRESS := tests/load/node_modules/.package-lock.json

load: $(EXPRESS) ## many users at once, on the token service and, where Node is, on the vendor's SDK: one table; 2 minutes
	@cd tests/load && go run . $(LOAD)

load-smoke: $(EXPRESS) ## a few hundred users at once
	cd tests/load && go test $(RACE) -count=1 -timeout 5m ./...

$(EXPRESS): tests/load/package-lock.json
	@if command -v npm >/dev/null; then cd tests/load && npm ci && touch node_modules/.package-lock.json; fi

fuzz: ## each fuzz target for FUZZTIME (60s), and SCHEDULES of the engine; 10 minutes
	@for package in ./authflow ./authflow/internal/exchange ./authflow/internal/redact; do \
		for target in $$(go test -list '^Fuzz' $$package | grep ^Fuzz); do \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done
	go test -run '^$$' -fuzz '^FuzzSchedule$$' -fuzztime $(SCHEDULES) ./authflow/internal/renewal

mutate: ## break the engine and the transport in every small way and list what no test noticed; an hour
	go run $(GREMLINS) unleash --timeout-coefficient 10 ./authflow

generate: ## rebuild everything that comes from api/openapi.yaml
	go generate ./...
	go build ./...

check: generated fmt vet lint prose ## what to run before a commit, besides the tests; the first time 5 minutes

check-all: ## check, the modules that build much, and the workflows: what CI checks; cold 10 minutes
	$(MAKE) check NESTED="$(NESTED) $(PEERS)"
	$(MAKE) platforms
	$(MAKE) workflows

generated: ## fail if the generated files are not what the spec says
	go generate ./...
	git diff --exit-code -- '*.gen.go'
	go mod tidy -diff
	@for m in $(NESTED); do (cd $$m && go mod tidy -diff) || exit 1; done

fmt: ## fail if gofmt would change a file
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "gofmt would change:"; echo "$$files"; exit 1; }

vet: ## go vet
	go vet ./...
	@for m in $(NESTED); do (cd $$m && go vet ./...) || exit 1; done

platforms: ## go vet for Linux, macOS and Windows, as locks and modes of files differ; cold 3 minutes
	@for os in linux darwin windows; do echo "GOOS=$$os go vet ./..." && GOOS=$$os CGO_ENABLED=0 go vet ./... || exit 1; done

lint: ## golangci-lint
	go run $(GOLANGCI_LINT) run --allow-parallel-runners ./...
	@for m in $(NESTED); do (cd $$m && go run $(GOLANGCI_LINT) run --allow-parallel-runners -c $(CURDIR)/.golangci.yml ./...) || exit 1; done

prose: ## the English of pages, and of comments, errors and test names in the packages of PROSE; needs a C compiler; the first time 2 minutes
	@if [ -n "$(RACE)" ]; then go run ./tests/prose -vale "go run $(VALE)" $(PROSE) && \
		go run $(VALE) --output line $$(git ls-files '*.md' ':!tests/bench/RESULTS.md' ':!tests/INVARIANTS.md'); \
	else echo "no C compiler: the English of comments is not checked"; [ -z "$$CI" ]; fi

bench: ## side by side with the libraries that could be used instead: one table of fifteen rows, and all of them; 15 minutes
	cd tests/bench && go run ./table

bench-report: ## the same into tests/bench/RESULTS.md; 15 minutes
	cd tests/bench && go run ./table -report

bench-current: ## list the commits that changed authflow, gen or api/wire since RESULTS.md was measured; fail if there are any
	@go run ./tests/measured

bench-smoke: ## the counts of allocations, without the race detector, and one short round of every benchmark; cold 5 minutes
	go test -count=1 -run Allocates ./gen ./authflow ./authflow/pool ./authflow/filestore
	cd tests/bench && go test -short -bench . -benchtime 1x ./...

spec-lint: ## Redocly's recommended rules; needs Node and the npm registry
	npx --yes $(REDOCLY) lint api/openapi.yaml authflow/authtest/control/control.yaml

spec-diff: ## what changed in the spec since BASE=<git rev>; fails on a breaking change that CHANGELOG.md does not name
	@[ -n "$(BASE)" ] || { echo "usage: make spec-diff BASE=<git rev>"; exit 2; }
	@old=$$(mktemp) && trap 'rm -f "$$old"' EXIT && git show "$(BASE):api/openapi.yaml" > "$$old" && \
	go run $(OASDIFF) changelog --flatten-allof "$$old" api/openapi.yaml && \
	go run $(OASDIFF) breaking --flatten-allof --fail-on WARN \
		--err-ignore CHANGELOG.md --warn-ignore CHANGELOG.md "$$old" api/openapi.yaml

RELEASED := $(shell sed -n 's|^git tag .* \(.*\)v[0-9.]*$$|./\1|p' CONTRIBUTING.md)

api-diff: ## what changed in the Go API since BASE=<git rev>; fails on an incompatible change that CHANGELOG.md does not name; 2 minutes
	@[ -n "$(BASE)" ] || { echo "usage: make api-diff BASE=<git rev>"; exit 2; }
	@tmp=$$(mktemp -d) && trap 'git worktree remove --force "$$tmp/base"; rm -rf "$$tmp"' EXIT && \
	git worktree add --quiet --detach "$$tmp/base" "$(BASE)" && unnamed=0 && \
	for m in $(RELEASED); do \
		[ -f "$$tmp/base/$$m/go.mod" ] || { echo "$$m is a new module"; continue; }; \
		path=$$(cd $$m && go list -m) && (cd "$$tmp/base/$$m" && go run $(APIDIFF) -m -w "$$tmp/old" $$path) && \
		(cd $$m && go run $(APIDIFF) -m "$$tmp/old" $$path > "$$tmp/changes") || exit 1; \
		cat "$$tmp/changes"; sed -n '/^Incompatible changes:/,/^Compatible changes:/s/^- //p' "$$tmp/changes" > "$$tmp/incompatible"; \
		while read -r change; do \
			grep -qF -- "$$change" CHANGELOG.md || { echo "CHANGELOG.md does not name: $$change"; unnamed=1; }; \
		done < "$$tmp/incompatible"; \
	done; [ $$unnamed = 0 ]

release-check: ## tag a clone as CONTRIBUTING.md says, and use the modules as their users do; 2 minutes
	cd tests/release && go test -count=1 -timeout 10m ./...

spec-drift: ## compare the spec with UPSTREAM=<file>, a copy of the vendor's at BRANCH= (release) and COMMIT=; PREVIOUS=<file> shows old texts, ACCEPT=1 accepts
	@[ -n "$(UPSTREAM)" ] || { echo "usage: make spec-drift UPSTREAM=<file> [BRANCH=<branch> COMMIT=<commit> RELEASE=<release>] [PREVIOUS=<file>] [ACCEPT=1]"; exit 2; }
	@go run ./tests/specdrift -oasdiff $(OASDIFF) -upstream "$(UPSTREAM)" -previous "$(PREVIOUS)" \
		-branch "$(BRANCH)" -commit "$(COMMIT)" -release "$(RELEASE)" $(if $(ACCEPT),-accept)

workflows: ## check the GitHub workflows
	go run $(ACTIONLINT)
