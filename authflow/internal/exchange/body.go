package exchange

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"sync/atomic"
	"time"
)

// How much is read of a response that the caller will not see, so that its
// connection can be used again (P5).
const (
	drainBytes = 64 << 10
	drainTime  = 250 * time.Millisecond
)

// MaxBody is how much of the body of an auth call or of an error is read, in
// bytes (X2).
const MaxBody = 1 << 20

// errorBodyTime is how long [ReadErrorBody] waits for the rest of a body that
// comes slowly.
const errorBodyTime = 2 * time.Second

// Body is the body of a response that can be read ahead within bounds, and that
// keeps what was read. Like any response body it is for one goroutine at a time.
type Body struct {
	src    io.ReadCloser
	keep   int // how many bytes to keep of what is read
	limit  int // how many bytes may be read in all; 0 for no limit
	kept   []byte
	next   int   // index in kept of the next byte to read
	total  int   // how many bytes came from src
	err    error // the error at the end of src
	redact Redactor

	// These two are atomic because callers close a body to end its Read.
	ahead   atomic.Pointer[readAhead] // in progress or to be collected; nil if there is none
	closing atomic.Bool               // a goroutine closes src after its Read
}

// readAhead is one Read of a body in a goroutine of its own.
type readAhead struct {
	done chan struct{} // closed when the fields below are set
	data []byte
	err  error
}

// newBody returns a Body that keeps the first keep bytes of src. redactor withholds
// the secrets of the request in a text made of it; nil means that there are no secrets.
func newBody(src io.ReadCloser, keep int, redactor Redactor) *Body {
	if src == nil {
		src = http.NoBody
	}
	return &Body{src: src, keep: keep, redact: redactor}
}

// Redact withholds the secrets of the request in a text.
func (b *Body) Redact(text string) string {
	if b.redact == nil {
		return text
	}
	return b.redact(text)
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if ahead := b.ahead.Load(); ahead != nil && b.next == len(b.kept) {
		<-ahead.done
		b.collect(ahead)
	}
	if b.next < len(b.kept) {
		n := copy(p, b.kept[b.next:])
		b.next += n
		return n, nil
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.src.Read(p)
	b.add(p[:n], err)
	b.next = len(b.kept)
	return n, b.err
}

// Close implements io.Closer. While a Read ahead is in progress, it closes the source
// only if that is a body of net/http, which allows it. Any other source is closed
// after the Read, because the two could race.
func (b *Body) Close() error {
	ahead := b.ahead.Load()
	if ahead == nil || isNetHTTP(b.src) || ahead.isDone() {
		return b.src.Close()
	}
	isFirst := b.closing.CompareAndSwap(false, true)
	if isFirst {
		go func() {
			<-ahead.done
			_ = b.src.Close()
		}()
	}
	return nil
}

// Peek reads ahead until enough reports true, limit bytes are there, or the body
// ends, but no longer than wait. It returns what is there; Read returns it again.
func (b *Body) Peek(limit int, wait time.Duration, enough func([]byte) bool) []byte {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	b.keep = max(b.keep, limit)
	for b.canRead() && len(b.kept) < limit && !enough(b.kept) {
		ahead := b.startReadAhead()
		select {
		case <-ahead.done:
			b.collect(ahead)
		case <-timer.C:
			return b.kept
		}
	}
	return b.kept
}

// canRead reports whether src may have more to read.
func (b *Body) canRead() bool { return b.err == nil && !b.closing.Load() }

// Discard reads a bounded part of the rest, so that the connection can be used
// again, and closes the body.
func (b *Body) Discard() {
	b.Peek(len(b.kept)+drainBytes, drainTime, func([]byte) bool { return false })
	_ = b.Close()
}

// startReadAhead returns the Read in progress, or starts one.
func (b *Body) startReadAhead() *readAhead {
	if ahead := b.ahead.Load(); ahead != nil {
		return ahead
	}
	ahead := &readAhead{done: make(chan struct{})}
	b.ahead.Store(ahead)
	go func() {
		defer close(ahead.done)
		defer func() {
			if recover() != nil { // in the user's RoundTripper; its value may hold a secret
				ahead.err = errors.New("reading the response body ended in a panic")
			}
		}()
		buffer := make([]byte, 8<<10)
		n, err := b.src.Read(buffer)
		ahead.data, ahead.err = buffer[:n], err
	}()
	return ahead
}

func (a *readAhead) isDone() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// collect takes over the data of a finished readAhead.
func (b *Body) collect(ahead *readAhead) {
	b.keep = max(b.keep, len(b.kept)+len(ahead.data)) // it must not be lost
	b.add(ahead.data, ahead.err)
	b.ahead.Store(nil)
}

// add notes the result of a Read of src.
func (b *Body) add(data []byte, err error) {
	b.total += len(data)
	b.err = err
	if b.limit > 0 && b.total > b.limit {
		b.err = &http.MaxBytesError{Limit: int64(b.limit)}
	}
	b.kept = append(b.kept, data[:min(len(data), max(0, b.keep-len(b.kept)))]...)
}

// ReadErrorBody returns the body of resp for an error: up to [MaxBody] bytes of it,
// the part that was kept included, without a long wait for the rest. It replaces
// resp.Body by a [Body], if it is not one, so that the caller can read all of it.
func ReadErrorBody(resp *http.Response) (*Body, []byte) {
	body, ok := resp.Body.(*Body)
	if !ok {
		body = newBody(resp.Body, MaxBody, RedactorFor(resp.Request))
		resp.Body = body
	}
	return body, body.Peek(MaxBody, errorBodyTime, func([]byte) bool { return false })
}

// LimitBody makes reading the body of a response to an auth call fail with an
// *http.MaxBytesError beyond [MaxBody] bytes.
func LimitBody(resp *http.Response) {
	if body, ok := resp.Body.(*Body); ok {
		body.limit = MaxBody
		return
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, MaxBody)
}

// Discard reads a bounded part of a response that the caller will not see, and
// closes it.
func Discard(resp *http.Response) {
	body, ok := resp.Body.(*Body)
	if !ok {
		body = newBody(resp.Body, 0, nil)
	}
	body.Discard()
}

// isNetHTTP reports whether a body is one of package net/http, whose Close may be
// called during a Read: it ends it, and closes the connection.
func isNetHTTP(body io.ReadCloser) bool {
	t := reflect.TypeOf(body)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() == "net/http"
}
