package tests_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Every Go snippet of the README runs as it stands, on the simulator. The client of
// examples/tags, which README's own files generate, stands for the client of a reader.
func TestREADMESnippetsRun(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(snippets) < 3 {
		t.Fatalf("README.md has %d snippets of Go, and one for each kind of user is wanted", len(snippets))
	}
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	server := authtest.NewServer()
	defer server.Close()
	for _, s := range snippets {
		code := strings.Replace(s[1], `"example.com/yours/tsapi"`, `"github.com/go-thoughtspot/tsauth/examples/tags/tsapi"`, 1)
		// In the module, so that it imports what the module has.
		dir, err := os.MkdirTemp(".", "readme-snippet-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		name, args := "main.go", []string{"run"}
		if strings.Contains(code, "testing.T") {
			name, args = "yours_test.go", []string{"test", "-count=1"}
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		env := append(os.Environ(), "THOUGHTSPOT_HOST="+server.URL, "THOUGHTSPOT_SECRET_KEY="+authtest.DefaultSecretKey,
			"THOUGHTSPOT_USERNAME="+authtest.DefaultUsername, "XDG_CACHE_HOME="+t.TempDir(),
			"GOCACHE="+strings.TrimSpace(string(cache)))
		if strings.Contains(code, "ListenAndServe") {
			serveSnippet(ctx, t, dir, env)
			continue
		}
		cmd := exec.CommandContext(ctx, "go", append(args, "./"+dir)...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Errorf("%v\n%s", err, s[1])
		}
	}
	if n := server.CallCounts(); n[authtest.OpGetCustomAccessToken] != 1 || n[authtest.OpGetFullAccessToken] != 3 || n[authtest.OpRevokeToken] != 1 {
		t.Errorf("the snippets made %v", n)
	}
}

// serveSnippet runs a program that serves until it is ended, and asks it for a
// token as a page of its own origin does.
func serveSnippet(ctx context.Context, t *testing.T, dir string, env []string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./"+dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(env, "ADDR="+addr)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	NewWithT(t).Eventually(func() (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/ts-token", nil)
		if err != nil {
			return "", err
		}
		req.SetBasicAuth(authtest.DefaultUsername, "any")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(resp.Body)
		return resp.Status + " " + string(body), errors.Join(err, resp.Body.Close())
	}, "30s", "50ms").Should(MatchRegexp(`^200 OK [\w.-]{20,}$`))
}
