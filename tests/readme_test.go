package tests_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Every Go snippet of the README runs as it stands, on the simulator. What
// stands for the reader's own generated client is that of otherapi.
func TestREADMESnippetsRun(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(snippets) < 3 {
		t.Fatalf("README.md has %d snippets of Go, and one for each kind of user is wanted", len(snippets))
	}
	server := authtest.NewServer()
	defer server.Close()
	for _, s := range snippets {
		code := strings.Replace(s[1], `"example.com/yours/tsapi"`, `tsapi "github.com/go-thoughtspot/tsauth/tests/otherapi"`, 1)
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
		cmd := exec.CommandContext(ctx, "go", append(args, "./"+dir)...)
		cmd.Env = append(os.Environ(), "THOUGHTSPOT_HOST="+server.URL, "THOUGHTSPOT_SECRET_KEY="+authtest.DefaultSecretKey,
			"THOUGHTSPOT_USERNAME="+authtest.DefaultUsername, "THOUGHTSPOT_PASSWORD="+authtest.DefaultPassword)
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Errorf("%v\n%s", err, s[1])
		}
	}
	if n := server.CallCounts(); n[authtest.OpGetCustomAccessToken] != 1 || n[authtest.OpGetFullAccessToken] != 1 || n[authtest.OpRevokeToken] != 1 {
		t.Errorf("the snippets made %v", n)
	}
}
