package exchange

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// exclusive is a body of another package, which must not be closed while it is
// read. drip is how long each byte takes; the zero value never comes.
type exclusive struct {
	text    string
	drip    time.Duration
	stop    chan struct{}
	reading atomic.Bool
	closed  atomic.Bool
	misused atomic.Bool
}

func (b *exclusive) Read(p []byte) (int, error) {
	if b.reading.Swap(true) || b.closed.Load() {
		b.misused.Store(true)
	}
	defer b.reading.Store(false)
	if b.text == "" {
		return 0, io.EOF
	}
	if b.drip == 0 {
		<-b.stop
		return 0, errors.New("cut")
	}
	time.Sleep(b.drip) // fake clock
	p[0], b.text = b.text[0], b.text[1:]
	return 1, nil
}

func (b *exclusive) Close() error {
	if b.reading.Load() {
		b.misused.Store(true)
	}
	b.closed.Store(true)
	return nil
}

func TestP5_SlowBodyOfAnotherKind_IsClosedAfterItsRead(t *testing.T) {
	t.Parallel()
	for name, drip := range map[string]time.Duration{"silent": 0, "a byte a second": time.Second} {
		synctest.Test(t, func(t *testing.T) {
			src := &exclusive{text: strings.Repeat("x", 100), drip: drip, stop: make(chan struct{})}
			began := time.Now()
			body := newBody(src, MaxBody, nil)
			body.Discard()
			if took := time.Since(began); took != drainTime {
				t.Errorf("%s: waited %v", name, took)
			}
			_ = body.Close() // the caller's, again
			close(src.stop)
			synctest.Wait()
			time.Sleep(2 * time.Second) // fake clock
			synctest.Wait()
			if !src.closed.Load() || src.misused.Load() {
				t.Errorf("%s: closed %v, misused %v", name, src.closed.Load(), src.misused.Load())
			}
		})
	}
}

// A body of net/http allows to be closed while it is read, and that is the only
// way to end a Read that hangs.
func TestP5_SlowBodyOfNetHTTP_IsClosedAtOnce(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	defer server.Close()
	resp, err := server.Client().Do(request(t, http.MethodGet, server.URL)) //nolint:bodyclose // Discard does
	if err != nil {
		t.Fatal(err)
	}
	newBody(resp.Body, MaxBody, nil).Discard()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Error("the connection stays open")
	}
}

func TestP5_RejectedBody_IsDrainedAndClosed(t *testing.T) {
	t.Parallel()
	for size, left := range map[int]int{0: 0, 10: 0, drainBytes - 1: 0, 200 << 10: 100 << 10} {
		src := &countingBody{Reader: strings.NewReader(strings.Repeat("x", size))}
		newBody(src, MaxBody, nil).Discard()
		rest, _ := io.ReadAll(src.Reader)
		if !src.closed || left == 0 && len(rest) > 0 || len(rest) < left {
			t.Errorf("%d bytes: closed %v, %d left", size, src.closed, len(rest))
		}
	}
}

type countingBody struct {
	io.Reader
	closed bool
}

func (c *countingBody) Close() error { c.closed = true; return nil }

func TestP6_BodyReadAhead_ArrivesWhole(t *testing.T) {
	t.Parallel()
	never := func([]byte) bool { return false }
	for name, tt := range map[string]struct {
		size, keep, before, peek int
	}{
		"nothing read": {100, MaxBody, 0, 10}, "some read": {10000, MaxBody, 3000, 64 << 10}, "long": {300 << 10, MaxBody, 0, 64 << 10},
		"nothing kept": {300 << 10, 0, 0, 64 << 10}, "longer than kept": {2 << 20, MaxBody, 10, MaxBody}, "empty": {0, MaxBody, 0, 10},
	} {
		text := strings.Repeat("0123456789", tt.size/10)
		body := newBody(io.NopCloser(strings.NewReader(text)), tt.keep, nil)
		begin := make([]byte, tt.before)
		if _, err := io.ReadFull(body, begin); err != nil {
			t.Fatal(err)
		}
		body.Peek(tt.peek, time.Hour, never)
		rest, err := io.ReadAll(body)
		if got := string(begin) + string(rest); err != nil || got != text {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(text), err)
		}
		if n := len(body.kept); n > max(tt.keep, tt.peek+8<<10) {
			t.Errorf("%s: %d bytes are kept", name, n)
		}
	}
}

func TestX2_ReadErrorBody_IsBoundedInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := &exclusive{text: `{"error":{"message":"why"}}` + strings.Repeat(" ", 5000), drip: 10 * time.Millisecond}
		resp := &http.Response{StatusCode: http.StatusBadGateway, Body: src}
		began := time.Now()
		_, body := ReadErrorBody(resp)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("took %v", took)
		}
		if !strings.HasPrefix(string(body), `{"error":{"message":"why"}}`) {
			t.Errorf("%q", body)
		}
		rest, err := io.ReadAll(resp.Body)
		if len(rest) != 5027 || err != nil || src.misused.Load() {
			t.Errorf("the caller reads %d bytes, %v; misused %v", len(rest), err, src.misused.Load())
		}
	})
}

// The part that was read stays readable for ErrorOf after the body was closed.
func TestX2_ReadErrorBodyAfterClose_ReturnsWhatWasRead(t *testing.T) {
	t.Parallel()
	resp := &http.Response{StatusCode: http.StatusBadRequest, Body: newBody(io.NopCloser(strings.NewReader("abc")), MaxBody, nil)}
	_, _ = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	for range 2 {
		if _, body := ReadErrorBody(resp); string(body) != "abc" {
			t.Errorf("%q", body)
		}
	}
	if _, body := ReadErrorBody(&http.Response{StatusCode: http.StatusInternalServerError}); len(body) > 0 {
		t.Errorf("read %q of no body", body)
	}
}

func TestX2_BodyBeyondItsLimit_IsAnError(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(io.ReadCloser) io.ReadCloser{
		"of an error": func(b io.ReadCloser) io.ReadCloser { return newBody(b, MaxBody, nil) },
		"of another":  func(b io.ReadCloser) io.ReadCloser { return b },
	} {
		for size, want := range map[int]bool{MaxBody: true, MaxBody + 1: false} {
			resp := &http.Response{Body: wrap(io.NopCloser(strings.NewReader(strings.Repeat("x", size))))}
			LimitBody(resp)
			text, err := io.ReadAll(resp.Body)
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) == want || want && len(text) != size {
				t.Errorf("%s, %d bytes: %d bytes, %v", name, size, len(text), err)
			}
		}
	}
}

func TestR10_PanicOfABodyReadAhead_IsItsError(t *testing.T) {
	t.Parallel()
	body := newBody(panicking{}, MaxBody, nil)
	body.Peek(10, time.Minute, func([]byte) bool { return false })
	if _, err := body.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "hunter22") {
		t.Errorf("%v", err)
	}
	_ = body.Close()
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("hunter22") }
func (panicking) Close() error             { return nil }
