module github.com/go-thoughtspot/tsauth/tests/generate

go 1.25.0

replace github.com/go-thoughtspot/tsauth => ../..
