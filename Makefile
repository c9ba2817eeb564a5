# The two commands of the README are `make demo` and `make test`; they need Go
# alone. Tools that go.mod does not carry run at the versions pinned here.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
REDOCLY       := @redocly/cli@2.77.0
OASDIFF       := github.com/oasdiff/oasdiff@v1.36.0
ACTIONLINT    := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# The race detector needs a C compiler on most systems. Where there is none the
# tests still run; CI insists on it.
RACE := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)

FUZZTIME ?= 60s # for each fuzz target

.PHONY: demo test generate check generated fmt vet lint workflows spec-lint spec-diff spec-drift fuzz

demo: ## every way into ThoughtSpot, on the embedded simulator or a real cluster
	go run ./examples/quickstart

test: ## all tests, with the race detector where there is a C compiler
	@[ -n "$(RACE)" ] || echo "no C compiler: running without the race detector"
	go test $(RACE) ./...

fuzz: ## each fuzz target for FUZZTIME
	@for target in $$(go test -list '^Fuzz' ./authflow | grep ^Fuzz); do \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) ./authflow || exit 1; \
	done

generate: ## rebuild everything that comes from api/openapi.yaml
	go generate ./...
	go build ./...

check: generated fmt vet lint workflows ## all that CI checks besides the tests

generated: ## fail if the generated files are not what the spec says
	go generate ./...
	git diff --exit-code -- '*.gen.go'
	go mod tidy -diff

fmt:
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "gofmt would change:"; echo "$$files"; exit 1; }

vet:
	go vet ./...

lint:
	go run $(GOLANGCI_LINT) run --allow-parallel-runners ./...

spec-lint: ## Redocly's recommended rules; needs Node
	npx --yes $(REDOCLY) lint api/openapi.yaml

spec-diff: ## what changed in the spec since BASE=<git rev>; fails on a breaking change that CHANGELOG.md does not name
	@[ -n "$(BASE)" ] || { echo "usage: make spec-diff BASE=<git rev>"; exit 2; }
	@old=$$(mktemp) && trap 'rm -f "$$old"' EXIT && git show "$(BASE):api/openapi.yaml" > "$$old" && \
	go run $(OASDIFF) changelog --flatten-allof "$$old" api/openapi.yaml && \
	go run $(OASDIFF) breaking --flatten-allof --fail-on WARN \
		--err-ignore CHANGELOG.md --warn-ignore CHANGELOG.md "$$old" api/openapi.yaml

spec-drift: ## how UPSTREAM=<file>, a copy of the vendor's published spec, differs from ours
	@[ -n "$(UPSTREAM)" ] || { echo "usage: make spec-drift UPSTREAM=<file>"; exit 2; }
	go run ./tests/specdrift -upstream "$(UPSTREAM)"

workflows: ## check the GitHub workflows
	go run $(ACTIONLINT)
