package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// running is a proxy without a command.
type running struct {
	*testing.T
	sim     *authtest.Server
	address string
	stderr  *bytes.Buffer
	signal  context.CancelCauseFunc
	code    chan int
}

// startProxy starts a proxy and reads the address that it prints.
func startProxy(t *testing.T, sim *authtest.Server, args ...string) *running {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(t.Context()))
	stdout, in := io.Pipe()
	r := &running{T: t, sim: sim, stderr: &bytes.Buffer{}, signal: cancel, code: make(chan int, 1)}
	env := []string{"THOUGHTSPOT_HOST=" + sim.URL, "THOUGHTSPOT_USERNAME=" + authtest.DefaultUsername,
		"THOUGHTSPOT_PASSWORD=" + authtest.DefaultPassword, "HOME=" + t.TempDir()}
	go func() {
		code := run(ctx, append([]string{"proxy"}, args...), env, strings.NewReader(""), in, r.stderr)
		_ = in.CloseWithError(fmt.Errorf("exit code %d", code))
		r.code <- code
	}()
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, r.stderr)
	}
	r.address = strings.TrimSpace(address)
	return r
}

// get returns status and body of a GET.
func (r *running) get(url string) (status int, body string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		r.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// end sends a signal, and checks that the proxy ends with 0 and leaves no token behind.
func (r *running) end() {
	r.Helper()
	r.signal(&signalError{syscall.SIGTERM})
	if code := <-r.code; code != exitOK {
		r.Errorf("exit code %d: %s", code, r.stderr)
	}
	if n := len(r.sim.Tokens()); n != 0 {
		r.Errorf("%d tokens are alive", n)
	}
}

const userInfo = "/api/rest/2.0/auth/session/user"

func TestProxy_Signal_EndsWith0AndRevokesTheTokens(t *testing.T) {
	sim := authtest.NewServer()
	defer sim.Close()
	r := startProxy(t, sim)
	for _, path := range []string{userInfo, "/api/rest/2.0/metadata/search"} {
		if status, body := r.get(r.address + path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
		sim.RevokeAll()
	}
	if status, _ := r.get(r.address + "/api/rest/2.0/auth/session/token"); status != http.StatusForbidden {
		t.Errorf("session/token: %d", status)
	}
	r.end()
	if r.stderr.Len() != 0 {
		t.Errorf("%s", r.stderr)
	}
}

func TestProxy_AllowAuth_OpensTheOperations(t *testing.T) {
	sim := authtest.NewServer()
	defer sim.Close()
	r := startProxy(t, sim, "--allow-auth")
	if status, body := r.get(r.address + "/api/rest/2.0/auth/session/token"); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	r.signal(&signalError{syscall.SIGTERM})
	<-r.code // the token that was handed out lives on
}

// With a file for the key, the output has no secret.
func TestProxy_KeyFile_IsMadeAndNotPrinted(t *testing.T) {
	sim := authtest.NewServer()
	defer sim.Close()
	file := filepath.Join(t.TempDir(), "key")
	for _, time := range []string{"first", "second"} {
		r := startProxy(t, sim, "--key-file", file)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		key := strings.TrimSpace(string(text))
		if strings.Contains(r.address, key) {
			t.Errorf("%s time: the key is printed", time)
		}
		if status, body := r.get(r.address + "/" + key + userInfo); status != http.StatusOK {
			t.Errorf("%s time: %d %s", time, status, body)
		}
		r.end()
	}
}

// A cluster that is down at the start may be up when a program needs it.
func TestProxy_OutageAtTheStart_IsReportedAndServedLater(t *testing.T) {
	sim := authtest.NewServer()
	defer sim.Close()
	sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
	r := startProxy(t, sim)
	if !strings.HasPrefix(r.stderr.String(), "tsauth: not ready yet: getFullAccessToken: 503") {
		t.Errorf("%s", r.stderr)
	}
	base := r.address[:strings.LastIndex(r.address, "/")]
	if status, body := r.get(base + "/_tsauth/ready"); status != http.StatusServiceUnavailable || !strings.Contains(body, "overloaded") {
		t.Errorf("%d %s", status, body)
	}
	sim.ClearFaults()
	status, _ := r.get(r.address + userInfo)
	for status == http.StatusServiceUnavailable { // until the back-off has passed
		status, _ = r.get(r.address + userInfo)
	}
	if status != http.StatusOK {
		t.Errorf("%d", status)
	}
	r.end()
}
