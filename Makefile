# The two commands of the README are `make demo` and `make test`; they need Go
# alone. Tools that go.mod does not carry run at the versions pinned here.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
REDOCLY       := @redocly/cli@2.77.0

# The race detector needs a C compiler on most systems. Where there is none the
# tests still run; CI insists on it.
RACE := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && echo -race)

.PHONY: demo test generate check generated fmt vet lint spec-lint

demo: ## every way into ThoughtSpot, on the embedded simulator or a real cluster
	go run ./examples/quickstart

test: ## all tests, with the race detector where there is a C compiler
	@[ -n "$(RACE)" ] || echo "no C compiler: running without the race detector"
	go test $(RACE) ./...

generate: ## rebuild everything that comes from api/openapi.yaml
	go generate ./...
	go build ./...

check: generated fmt vet lint ## all that CI checks besides the tests

generated: ## fail if the generated files are not what the spec says
	go generate ./...
	git diff --exit-code -- '*.gen.go'
	go mod tidy -diff

fmt:
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "gofmt would change:"; echo "$$files"; exit 1; }

vet:
	go vet ./...

lint:
	go run $(GOLANGCI_LINT) run ./...

spec-lint: ## Redocly's recommended rules; needs Node
	npx --yes $(REDOCLY) lint api/openapi.yaml
