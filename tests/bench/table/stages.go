package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// benchstatVersion is pinned, so that a report can be made again.
const benchstatVersion = "golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da"

// micro are the arguments for the benchmarks that are repeated.
func micro() []string {
	return []string{"-test.run=^$", "-test.bench=^Benchmark(Inject|InjectParallel|Send|SendBare|SendHTTP1|SendHTTP2|Post|PostNoOp|Session|SessionSend|Acquire|StoreHit|PoolGet|PoolGetParallel)$", "-test.benchtime=300ms"}
}

// once are the arguments for the others. Each is a process of its own, so that
// the garbage of one does not slow another down.
func once() [][]string {
	return [][]string{
		{"-test.run=^$", "-test.bench=^BenchmarkHerd$"},
		{"-test.run=^$", "-test.bench=^Benchmark(Renewal|RenewalTuned|Revocation)$", "-test.benchtime=1x"},
		{"-test.run=^Test(NineOClock|NineOClockTuned|BadUsers|DeadServer|TokenCalls)$"},
		{"-test.run=^TestMemoryInUse$"},
		{"-test.run=^$", "-test.bench=^BenchmarkMemory$", "-test.benchtime=1x"},
		{"-test.run=^$", "-test.bench=^BenchmarkImport$", "-test.benchtime=1x"},
	}
}

// output is what the benchmarks printed.
type output struct{ all, micro []byte }

// benchmark runs the micro-benchmarks count times, one round after the other,
// so that a slow minute of the machine hits all libraries; the rest once. Beside
// an error it returns the results so far.
func benchmark(ctx context.Context, count int, short bool) (output, error) {
	temp, err := os.MkdirTemp("", "bench")
	if err != nil {
		return output{}, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	binary := filepath.Join(temp, "bench.test")
	if _, err := command(ctx, nil, "go", "test", "-c", "-o", binary, "."); err != nil {
		return output{}, err
	}

	var out output
	for range count {
		printed, err := command(ctx, os.Stderr, binary, micro()...)
		if err != nil {
			return output{}, err
		}
		out.micro = append(out.micro, printed...)
	}
	out.all = out.micro
	var failures []error
	for _, args := range once() {
		if short {
			args = append(args, "-test.short")
		}
		printed, err := command(ctx, os.Stderr, binary, args...)
		out.all = append(out.all, printed...)
		failures = append(failures, err)
	}
	return out, errors.Join(failures...)
}

// benchstat compares the libraries by what the micro-benchmarks printed.
func benchstat(ctx context.Context, printed []byte) ([]byte, error) {
	file, err := os.CreateTemp("", "micro")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if _, err := file.Write(printed); err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	return command(ctx, nil, "go", "run", benchstatVersion, "-col", "/lib", "-row", ".name", file.Name())
}

// command returns what a command prints, also if it fails, and copies it to
// progress if that is not nil.
func command(ctx context.Context, progress io.Writer, name string, args ...string) ([]byte, error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	cmd.Stdout = &out
	if progress != nil {
		cmd.Stdout = io.MultiWriter(&out, progress)
	}
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("%s %v: %w", name, args, err)
	}
	return out.Bytes(), nil
}
