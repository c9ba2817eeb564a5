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
	_, _ = io.Copy(io.Discard, req.Body)
	status, body := s.answer(req)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// RoundTrip implements http.RoundTripper in the caller's goroutine, so that it
// works in synctest bubbles.
func (s *Server) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	status, body := s.answer(req)
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Request: req, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

// Listen serves s on the loopback interface until the test ends. It returns
// the address and a client with a connection for each of as many callers.
func (s *Server) Listen(tb testing.TB, callers int) (string, *http.Client) {
	tb.Helper()
	server := httptest.NewServer(s)
	transport := &http.Transport{MaxIdleConns: callers, MaxIdleConnsPerHost: callers}
	tb.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return server.URL, &http.Client{Transport: transport}
}

// NoOp answers API requests at once, whatever they carry, and leaves mint
// calls to Server: what is left to measure is the library.
type NoOp struct{ Server *Server }

// RoundTrip implements http.RoundTripper.
func (n NoOp) RoundTrip(req *http.Request) (*http.Response, error) {
	if path := req.URL.Path; path == MintPath || strings.HasPrefix(path, GitHubPath) {
		return n.Server.RoundTrip(req)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}
