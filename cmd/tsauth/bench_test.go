package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A script runs the command once a minute, or once for each of a thousand files, so a
// stored token must cost little more than the start of a process. Compare the two:
//
//	go test -run '^$' -bench . -count 5 ./cmd/tsauth

func BenchmarkEmptyMain(b *testing.B) {
	source := write(b, "main.go", "package main\n\nfunc main() {}\n")
	program := build(b, source)
	for b.Loop() {
		if err := exec.CommandContext(b.Context(), program).Run(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStoredToken(b *testing.B) {
	sim := simulator(b)
	program := build(b, ".")
	home := b.TempDir()
	run := func() {
		c := exec.CommandContext(b.Context(), program, "token")
		c.Env = []string{"HOME=" + home, "THOUGHTSPOT_HOST=" + sim.URL, "THOUGHTSPOT_USERNAME=ann", "THOUGHTSPOT_PASSWORD=" + annPassword}
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("%v, %s", err, out)
		}
	}
	run() // gets the token
	for b.Loop() {
		run()
	}
	if n := sim.Calls("*"); n > 1+b.N/100 { // the token is renewed every few minutes
		b.Errorf("%d calls in %d runs", n, b.N)
	}
}

// build compiles a program as it is released.
func build(b *testing.B, source string) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "program")
	cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v, %s", err, out)
	}
	info, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB")
	return program
}
