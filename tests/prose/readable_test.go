package main

import "testing"

func TestReadable_StringsAndTestNames_BecomeComments(t *testing.T) {
	t.Parallel()
	const source = `package p

import "errors"

func TestR5_CallerWithoutALease_WaitsOnce() {
	_ = errors.New("the server is down") // why
	_ = "two words"
	_ = f("a b c", "d e\nf")
}
`
	const want = `package p

import "errors"

func TestR5_CallerWithoutALease_WaitsOnce() { // test r5 caller without a lease waits once.
	_ = errors.New("the server is down") // why // the server is down.
	_ = "two words"
	_ = f("a b c", "d e\nf") // a b c. // d e f.
}
`
	got, err := readable("p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("readable:\n%s\nwant:\n%s", got, want)
	}
}
