package tests_test

import (
	"context"
	"errors"
	"fmt"
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

// program is a program in Go that a page of the documentation shows.
type program struct {
	page, code string
	dir        string // in the module, so that it imports what the module has
}

// programs returns the programs of README.md and of the pages in docs, written to
// folders of their own. The client of examples/tags, which the files of docs/client.md
// generate, stands for the client of a reader.
func programs(t *testing.T) []program {
	t.Helper()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp(".", "docs-programs-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	var found []program
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(filepath.Clean(page))
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			p := program{page: filepath.Base(page), dir: filepath.Join(root, fmt.Sprintf("program%d", len(found)))}
			p.code = strings.Replace(block[1], `"example.com/yours/tsapi"`, `"github.com/go-thoughtspot/tsauth/examples/tags/tsapi"`, 1)
			err := os.Mkdir(p.dir, 0o700)
			if err != nil {
				t.Fatal(err)
			}
			err = os.WriteFile(filepath.Join(p.dir, p.file()), []byte(p.code), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, p)
		}
	}
	return found
}

func (p program) isTest() bool   { return strings.Contains(p.code, "testing.T") }
func (p program) isServer() bool { return strings.Contains(p.code, "ListenAndServe") }
func (p program) logsOut() bool  { return strings.Contains(p.code, ".Logout(") }

func (p program) file() string {
	if p.isTest() {
		return "yours_test.go"
	}
	return "main.go"
}

// Every program of the documentation runs as it stands, on the simulator.
func TestDocs_Programs_Run(t *testing.T) {
	all := programs(t)
	if len(all) < 8 {
		t.Fatalf("the documentation shows %d programs, and one for each kind of reader is wanted", len(all))
	}
	bin := t.TempDir()
	var mains []string
	for _, p := range all {
		if !p.isTest() {
			mains = append(mains, "./"+p.dir)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"build", "-o", bin}, mains...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, p := range all {
		t.Run(p.page, func(t *testing.T) {
			server := authtest.NewServer()
			defer server.Close()
			env := environment(t, server)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, filepath.Join(bin, filepath.Base(p.dir)))
			if p.isTest() {
				cmd, env = exec.CommandContext(ctx, "go", "test", "-count=1", "./"+p.dir), os.Environ()
			}
			cmd.Env = env
			if p.isServer() {
				expectToken(ctx, t, cmd)
				return
			}
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Errorf("%v\n%s", err, p.code)
			}
			if !p.isTest() && strings.Contains(p.code, "Flow") && server.Calls(authtest.AnyOperation) == 0 {
				t.Error("the program has called nothing")
			}
			if p.logsOut() {
				expectNoToken(t, server)
				server.Fail(authtest.OpGetCurrentUserInfo, -1, authtest.Status(http.StatusForbidden))
				server.Fail(authtest.Echo, -1, authtest.Status(http.StatusForbidden))
				expectError(ctx, t, filepath.Join(bin, filepath.Base(p.dir)), env)
				expectNoToken(t, server)
			}
		})
	}
}

// environment returns one in which package config finds the server and a user of it.
func environment(t *testing.T, server *authtest.Server) []string {
	t.Helper()
	home := t.TempDir()
	return append(os.Environ(), "THOUGHTSPOT_HOST="+server.URL, "THOUGHTSPOT_SECRET_KEY="+authtest.DefaultSecretKey,
		"THOUGHTSPOT_USERNAME="+authtest.DefaultUsername, "XDG_CACHE_HOME="+home, "XDG_CONFIG_HOME="+home)
}

// expectNoToken fails the test if a token is alive.
func expectNoToken(t *testing.T, server *authtest.Server) {
	t.Helper()
	if len(server.Tokens()) > 0 {
		t.Error("the program has left a token alive")
	}
}

// expectError runs a program whose calls are all forbidden.
func expectError(ctx context.Context, t *testing.T, path string, env []string) {
	t.Helper()
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	NewWithT(t).Expect(err).To(MatchError("exit status 1"), "%s", out)
	NewWithT(t).Expect(string(out)).To(ContainSubstring("403"))
	NewWithT(t).Expect(string(out)).NotTo(ContainSubstring("panic"))
}

// expectToken runs a program that serves until it is ended, and requests a token from it
// as a page of its own origin does.
func expectToken(ctx context.Context, t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	cmd.Env = append(cmd.Env, "ADDR="+addr)
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

// Every link of the documentation to a file of the repository leads to one.
func TestDocs_Links_LeadToFiles(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../*.md")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, page := range append(pages, more...) {
		text, err := os.ReadFile(filepath.Clean(page))
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			links++
			_, err := os.Stat(filepath.Join(filepath.Dir(page), link[1]))
			if err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
	if links < 20 {
		t.Errorf("%d links", links)
	}
}
