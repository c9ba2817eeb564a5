package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/oapi-codegen/runtime" // for the client that is generated below
)

// BenchmarkImport is what a program pays for the library that authorises its
// one call: packages compiled, those of other people among them, bytes of binary,
// and the build from an empty cache, standard library included. The limit is net/http alone; static is a
// client of 180 operations, generated here, with a token that it is given.
func BenchmarkImport(b *testing.B) {
	for _, program := range []struct{ lib, dir string }{
		{"limit", "./hello/plain"}, {"tsauth", "./hello/tsauth"}, {"oauth2", "./hello/oauth2"}, {"static", "./hello/generated"},
	} {
		b.Run(lib(program.lib), func(b *testing.B) {
			var flags []string
			if program.lib == "static" {
				flags = []string{"-overlay", generated(b)}
			}
			var packages, foreign, size int
			var took time.Duration
			for b.Loop() {
				packages, foreign = dependencies(b, program.dir, flags)
				size, took = build(b, program.dir, flags)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(packages), "packages")
			b.ReportMetric(float64(foreign), "third-party")
			b.ReportMetric(float64(size)/1024, "KiB")
			if !testing.Short() {
				b.ReportMetric(took.Seconds(), "build-s")
			}
		})
	}
}

// dependencies counts the packages that a program consists of, and those of them that
// neither the standard library nor this project has.
func dependencies(b *testing.B, dir string, flags []string) (packages, foreign int) {
	b.Helper()
	args := append([]string{"list", "-deps", "-f", "{{.ImportPath}} {{with .Module}}{{.Path}}{{end}}"}, flags...)
	for line := range strings.Lines(string(run(b, nil, append(args, dir)...))) {
		packages++
		_, module, _ := strings.Cut(strings.TrimSpace(line), " ")
		if module != "" && !strings.HasPrefix(module, "github.com/go-thoughtspot/tsauth") {
			foreign++
		}
	}
	return packages, foreign
}

func build(b *testing.B, dir string, flags []string) (size int, took time.Duration) {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "hello")
	var env []string
	if !testing.Short() {
		env = []string{"GOCACHE=" + b.TempDir()}
	}
	start := time.Now()
	run(b, env, append(append([]string{"build", "-o", binary}, flags...), dir)...)
	took = time.Since(start)
	info, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	return int(info.Size()), took
}

// generated makes the client and returns an overlay for the go command, which
// then sees the program in this module without its being here.
func generated(b *testing.B) (overlay string) {
	b.Helper()
	temp := b.TempDir()
	spec, err := bigSpec()
	if err != nil {
		b.Fatal(err)
	}
	write(b, filepath.Join(temp, "openapi.json"), spec)
	client := filepath.Join(temp, "client.gen.go")
	run(b, nil, "tool", "oapi-codegen", "-config", "testdata/generated/cfg.yaml", "-o", client, filepath.Join(temp, "openapi.json"))

	here, err := os.Getwd()
	if err != nil {
		b.Fatal(err)
	}
	files, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(here, "hello/generated/main.go"):       filepath.Join(here, "testdata/generated/main.go"),
		filepath.Join(here, "hello/generated/client.gen.go"): client,
	}})
	if err != nil {
		b.Fatal(err)
	}
	overlay = filepath.Join(temp, "overlay.json")
	write(b, overlay, files)
	return overlay
}

func write(b *testing.B, name string, data []byte) {
	b.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		b.Fatal(err)
	}
}

// run calls the go command and returns what it prints.
func run(b *testing.B, env []string, args ...string) []byte {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "go", args...)
	cmd.Env = append(os.Environ(), env...)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("go %v: %v\n%s", args, err, problem.Bytes())
	}
	return out
}
