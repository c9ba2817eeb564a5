package fake

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// InProcess is the address of a Server that is called without a socket.
const InProcess = "http://127.0.0.1:4123"

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	status, body := s.answer(req)
	_, _ = io.Copy(io.Discard, req.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// RoundTrip implements http.RoundTripper in the caller's goroutine, so that it
// works in synctest bubbles.
func (s *Server) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := s.answer(req)
	if req.Body != nil {
		_ = req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Request: req, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

// Listen serves s on the loopback interface until the test ends. It returns
// the address and a client with a connection for each of as many callers.
func (s *Server) Listen(tb testing.TB, callers int) (string, *http.Client) {
	tb.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return listen(tb, s, callers, &protocols)
}

func listen(tb testing.TB, h http.Handler, callers int, protocols *http.Protocols) (string, *http.Client) {
	tb.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.Protocols = protocols
	server.Start()
	transport := &http.Transport{MaxIdleConns: callers, MaxIdleConnsPerHost: callers, Protocols: protocols}
	tb.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return server.URL, &http.Client{Transport: transport}
}

// LoginPath is where NoOp begins a session.
const LoginPath = "/api/rest/2.0/auth/session/login"

// Cookies are the cookies of a session.
func Cookies() []string {
	return []string{
		"JSESSIONID=fc3424f9-d3f0-4a24-bd33-400fd826cac7; Path=/; HttpOnly",
		"clientId=70cf1328-af97-40b2-9bd5-1c520e133963; Path=/; HttpOnly",
	}
}

// NoOp answers API requests at once, whatever they carry, and leaves mint
// calls to Server: only the library is left to measure.
type NoOp struct{ Server *Server }

// RoundTrip implements http.RoundTripper.
func (n NoOp) RoundTrip(req *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}
	switch path := req.URL.Path; {
	case path == MintPath, strings.HasPrefix(path, GitHubPath):
		return n.Server.RoundTrip(req)
	case path == LoginPath:
		resp.StatusCode, resp.Header["Set-Cookie"] = http.StatusNoContent, Cookies()
	}
	return resp, nil
}

// ServeHTTP implements http.Handler.
func (n NoOp) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if path := req.URL.Path; path == MintPath || strings.HasPrefix(path, GitHubPath) {
		n.Server.ServeHTTP(w, req)
		return
	}
	_, _ = io.Copy(io.Discard, req.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"name":"answer"}`)
}

// Listen is like Server.Listen, for one caller.
func (n NoOp) Listen(tb testing.TB) (string, *http.Client) {
	tb.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return listen(tb, n, 1, &protocols)
}

// ListenHTTP2 is Listen over HTTP/2, without TLS.
func (n NoOp) ListenHTTP2(tb testing.TB) (string, *http.Client) {
	tb.Helper()
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	return listen(tb, n, 1, &protocols)
}
