package simulate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// locked is a buffer that the program writes while the test reads.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// program runs the program. stop interrupts it and returns its exit code and the
// output after its first line.
func program(t *testing.T, args ...string) (url string, stderr *locked, stop func() (int, string)) {
	t.Helper()
	lines, stderr, stop := start(t, 1, args...)
	return lines[0], stderr, stop
}

// start is program for one that writes n lines when it is ready.
func start(t *testing.T, n int, args ...string) (lines []string, stderr *locked, stop func() (int, string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, w := io.Pipe()
	stderr = new(locked)
	code := make(chan int, 1)
	go func() {
		code <- Run(ctx, "simulator", args, nil, w, stderr)
		_ = w.Close()
	}()
	out := bufio.NewReader(r)
	for range n {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatalf("no line on standard output: %v; %s", err, stderr)
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines, stderr, func() (int, string) {
		cancel()
		rest, _ := io.ReadAll(out)
		return <-code, string(rest)
	}
}

func fullToken(t *testing.T, c *http.Client, url string, req gen.GetFullAccessTokenRequest) *gen.GetFullAccessTokenResult {
	t.Helper()
	client, err := gen.NewClientWithResponses(url, gen.WithHTTPClient(c))
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.GetFullAccessTokenWithResponse(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestServesUntilInterrupted(t *testing.T) {
	url, stderr, stop := program(t, "--addr", "127.0.0.1:0", "--user", "ann:p:w", "--admin", "root:pw",
		"--org", "1:Sales", "--secret-key", "hunter2", "-v", "--nested-errors")
	if !regexp.MustCompile(`^http://127\.0\.0\.1:[1-9]\d*$`).MatchString(url) {
		t.Fatalf("URL %q", url)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	org := int32(1)
	for name, req := range map[string]gen.GetFullAccessTokenRequest{
		"password": {Username: "ann", Password: "p:w", OrgID: &org},
		"key":      {Username: "root", SecretKey: "hunter2"},
	} {
		if res := fullToken(t, c, url, req); res.JSON200 == nil {
			t.Errorf("%s: %d %s", name, res.StatusCode(), res.Body)
		}
	}
	res := fullToken(t, c, url, gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: "no"})
	if res.StatusCode() != 401 || !strings.Contains(string(res.Body), `"message":{"debug":{`) {
		t.Errorf("%d %s", res.StatusCode(), res.Body)
	}
	code, rest := stop()
	if code != 0 || rest != "" {
		t.Errorf("exit %d, more on standard output: %q", code, rest)
	}
	said := stderr.String()
	if strings.Count(said, "\n") != 3 || !strings.Contains(said, `POST "/api/rest/2.0/auth/token/full" 401`) ||
		!strings.Contains(said, `{"org_id":1,"password":"[redacted]","username":"ann"}`) ||
		strings.Contains(said, "hunter2") || strings.Contains(said, "p:w") {
		t.Errorf("standard error:\n%s", said)
	}
}

func TestTLSAndMFA(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cert.pem")
	url, stderr, stop := program(t, "--addr", "localhost:0", "--tls", "--tls-cert-out", file, "--mfa")
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) || !strings.HasPrefix(url, "https://") {
		t.Fatalf("no certificate, or URL %s", url)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	if res := fullToken(t, c, url, gen.GetFullAccessTokenRequest{Username: "tsadmin", Password: "admin"}); res.StatusCode() != 401 {
		t.Errorf("with a password: %d", res.StatusCode())
	}
	if code, _ := stop(); code != 0 || stderr.String() != "" {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestOrigins(t *testing.T) {
	url, _, stop := program(t, "--addr", "127.0.0.1:0", "--origin", "https://app.example", "--origin", "https://localhost:8443")
	for origin, want := range map[string]string{
		"https://app.example": "https://app.example", "https://localhost:8443": "https://localhost:8443", "https://else.example": "",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/callosum/v1/session/isactive", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header.Get("Access-Control-Allow-Origin"); got != want || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("from %s: %d, allowed %q", origin, res.StatusCode, got)
		}
	}
	if code, _ := stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
}

func TestLenient(t *testing.T) {
	for status, flags := range map[int][]string{http.StatusBadRequest: nil, http.StatusOK: {"--lenient"}} {
		url, _, stop := program(t, append(flags, "--addr", "127.0.0.1:0")...)
		client, err := gen.NewClientWithResponses(url)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.GetFullAccessTokenWithBodyWithResponse(t.Context(), "application/json",
			strings.NewReader(`{"username":"tsadmin","password":"admin","validity_time_in_sec":"60"}`))
		if err != nil || res.StatusCode() != status {
			t.Errorf("%v: %v, %v, want %d", flags, res, err, status)
		}
		if code, _ := stop(); code != 0 {
			t.Errorf("exit %d", code)
		}
	}
}

func TestExitCodes(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, test := range []struct {
		args string
		code int
		says string
	}{
		{"--nonsense", 2, "--nonsense"},
		{"--user ann", 2, "NAME:PASSWORD"},
		{"--user :hunter2", 2, "NAME:PASSWORD"},
		{"--user ann:", 2, "NAME:PASSWORD"},
		{"--user ann:hunter2 --admin ann:hunter2", 2, "twice"},
		{"--org Sales", 2, "ID:NAME"},
		{"--org 0:Zero", 2, "ID:NAME"},
		{"--org 1:Primary", 2, "twice"},
		{"--org 1:a --org 1:b", 2, "twice"},
		{"--org 2147483648:a", 2, "ID:NAME"},
		{"--secret-key=", 2, "--secret-key"},
		{"--tls-cert-out x", 2, "needs --tls"},
		{"--origin app.example", 2, "https://HOST"},
		{"--origin https://app.example/", 2, "https://HOST"},
		{"--origin *", 2, "https://HOST"},
		{"hunter2", 2, "not a flag"},
		{"--control 0.0.0.0:0", 2, "--control-host"},
		{"--control :0", 2, "--control-host"},
		{"--control 192.0.2.1:0", 2, "--control-host"},
		{"--control localhost", 2, "--control-host"},
		{"--control-host simulator", 2, "needs --control"},
		{"--addr 127.0.0.1:0 --control " + taken.Addr().String(), 1, "in use"},
		{"--addr " + taken.Addr().String(), 1, "in use"},
		{"--addr 127.0.0.1:99999", 1, "port"},
		{"--addr 127.0.0.1:0 --tls --tls-cert-out " + filepath.Join(t.TempDir(), "nonexistent", "x"), 1, "nonexistent"},
	} {
		var out, stderr bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // for a server that should not be
		code := Run(ctx, "simulator", strings.Fields(test.args), nil, &out, &stderr)
		cancel()
		if code != test.code || !strings.Contains(stderr.String(), test.says) || out.Len() != 0 || strings.Contains(stderr.String(), "hunter2") {
			t.Errorf("%s: exit %d, want %d\nstdout %q\nstderr %q", test.args, code, test.code, out.String(), stderr.String())
		}
	}
}

func tsadmin() gen.GetFullAccessTokenRequest {
	return gen.GetFullAccessTokenRequest{Username: "tsadmin", Password: "admin"}
}
