package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"testing"
)

// The cluster writes a part only after the program has received the one before, whether
// it says that the response is a stream or not.
func TestStream_Part_ArrivesBeforeTheNextIsWritten(t *testing.T) {
	for name, header := range map[string][2]string{
		"server-sent events": {"Content-Type", "text/event-stream"},
		"a known length":     {"Content-Length", "27"},
	} {
		w := newWorld(t)
		received := make(chan struct{})
		w.respond(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set(header[0], header[1])
			for i := range 3 {
				_, _ = fmt.Fprintf(rw, "data: %d\n\n", i)
				_ = http.NewResponseController(rw).Flush()
				select {
				case <-received:
				case <-r.Context().Done():
					return
				}
			}
		})
		w.readParts(name, received)
		if seen := w.takeSeen(); len(seen) != 1 || seen[0].Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s: the cluster saw %v", name, seen)
		}
	}
}

// readParts reads three parts and says after each one that it was received.
func (w *world) readParts(name string, received chan<- struct{}) {
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.proxy.URL()+"/api/rest/2.0/ai/events", nil)
	if err != nil {
		w.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewReader(resp.Body)
	for i := range 3 {
		line, err := lines.ReadString('\n')
		empty, _ := lines.ReadString('\n')
		if err != nil || line != fmt.Sprintf("data: %d\n", i) || empty != "\n" {
			w.Fatalf("%s: %q, %v", name, line, err)
		}
		received <- struct{}{}
	}
	if rest, err := io.ReadAll(lines); err != nil || len(rest) != 0 {
		w.Errorf("%s: %q, %v", name, rest, err)
	}
}

// A response that the cluster cuts off is cut off for the program, too.
func TestStream_ResponseThatIsCutOff_IsNotASuccess(t *testing.T) {
	w := newWorld(t)
	w.respond(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, "half")
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.proxy.URL()+search, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if got, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("%q is taken as the whole response", got)
	}
}

const uploadSize = 100 << 20

// 100 MiB go up, with a length and in chunks, and all sides together allocate less than
// a third of that.
func TestStream_LongUpload_TakesConstantMemory(t *testing.T) {
	w := newWorld(t)
	w.respond(func(rw http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			t.Error(err)
		}
		_, _ = rw.Write([]byte(strconv.FormatInt(n, 10)))
	})
	for name, length := range map[string]int64{"with a length": uploadSize, "in chunks": -1} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		reader := io.LimitReader(zeros{}, uploadSize)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.proxy.URL()+"/api/rest/2.0/upload", io.NopCloser(reader))
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = length
		got := w.send(&http.Transport{DisableKeepAlives: true}, req)
		runtime.ReadMemStats(&after)
		if got.StatusCode != http.StatusOK || got.body != strconv.Itoa(uploadSize) {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > uploadSize/3 {
			t.Errorf("%s: %d MiB were allocated", name, allocated>>20)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
