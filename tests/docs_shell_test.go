package tests_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The commands of the README for programs in other languages do what it says: the
// simulator of one block serves the settings of the next, and the proxy serves curl.
func TestDocs_CommandsOfTheREADME_GetAResponse(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no curl")
		}
		t.Skip("there is no curl on this machine")
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	bin := t.TempDir()
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "../cmd/tsauth").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	simulate := line(t, readme, `go run github.com/go-thoughtspot/tsauth/cmd/tsauth@latest (simulate --addr 127.0.0.1:4123 .*)`)
	settings := line(t, readme, `export (THOUGHTSPOT_HOST=http://127.0.0.1:4123 .*)`)
	proxy := line(t, readme, `(tsauth proxy -- .*)`)

	url := serve(ctx, t, filepath.Join(bin, "tsauth"), strings.Fields(strings.Replace(simulate, ":4123", ":0", 1)))
	home := t.TempDir()
	env := []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_CACHE_HOME=" + home}
	env = append(env, strings.Fields(strings.Replace(settings, "http://127.0.0.1:4123", url, 1))...)
	for range 2 {
		cmd := exec.CommandContext(ctx, "sh", "-c", proxy)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), `"name":"tsadmin"`) {
			t.Errorf("%s: %v\n%s", proxy, err, out)
		}
	}
}

// line returns what the group of the pattern matches in a line of a page that is
// indented as a command.
func line(t *testing.T, page []byte, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^    ` + pattern + `$`).FindSubmatch(page)
	if found == nil {
		t.Fatalf("the page has no line %s", pattern)
	}
	return string(found[1])
}

// serve starts a program that prints its address, and ends it with the test.
func serve(ctx context.Context, t *testing.T, program string, args []string) (url string) {
	t.Helper()
	cmd := exec.CommandContext(ctx, program, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("%s %s prints no address", program, args)
	}
	return lines.Text()
}
