package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestRun opens what the command says, and stops it.
func TestRun(t *testing.T) {
	t.Chdir("../..")
	if _, err := os.Stat("node_modules"); errors.Is(err, fs.ErrNotExist) && os.Getenv("TSAUTH_BROWSER") == "" {
		t.Skip("the Visual Embed SDK is not there: run `npm ci` in tests/embed")
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, w, []string{"-validity", "90s"})
		_ = w.CloseWithError(err)
		ended <- err
	}()
	out := bufio.NewReader(r)
	first, err := out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	address, found := strings.CutPrefix(strings.TrimSpace(first), "Open ")
	if !found {
		t.Fatalf("it does not say what to open: %q", first)
	}
	for path, want := range map[string]string{"/": "Sign in as", "/sdk/tsembed.es.js": "TrustedAuthTokenCookieless"} {
		if body := get(t, address+path); !strings.Contains(body, want) {
			t.Errorf("%s has no %q", path, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return string(body)
}
