package tests_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"
)

// message is a request as it went over the wire.
type message struct {
	Method string
	URL    string
	Path   string
	Header http.Header
	Body   string
}

// recorder is an http.RoundTripper that notes each request and sends it by base. It
// stands below everything that is tested.
type recorder struct {
	base http.RoundTripper

	mu   sync.Mutex
	sent []message
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	m := message{Method: req.Method, URL: req.URL.String(), Path: req.URL.Path, Header: req.Header.Clone()}
	out := req
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
		m.Body = string(body)
		out = req.Clone(req.Context())
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.mu.Lock()
	r.sent = append(r.sent, m)
	r.mu.Unlock()
	return r.base.RoundTrip(out)
}

// all returns the requests that were sent so far.
func (r *recorder) all() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// to returns the requests that were sent to a path.
func (r *recorder) to(path string) []message {
	return slices.DeleteFunc(r.all(), func(m message) bool { return m.Path != path })
}

// last returns the latest request.
func (r *recorder) last() message {
	sent := r.all()
	if len(sent) == 0 {
		return message{}
	}
	return sent[len(sent)-1]
}

// forget drops the requests that were sent so far.
func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = nil
}
