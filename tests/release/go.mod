module github.com/go-thoughtspot/tsauth/tests/release

go 1.25.0
