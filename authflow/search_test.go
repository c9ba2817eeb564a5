package authflow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// countedBody counts the bytes that are read of it.
type countedBody struct {
	io.Reader
	read *atomic.Int64
}

func (b countedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.read.Add(int64(n))
	return n, err
}

func (countedBody) Close() error { return nil }

// To find secrets, a body of 14 MiB was decoded again: 257 MiB in 1.7 s.
func TestX2_SearchForSecrets_ReadsABoundedPartOfTheBody(t *testing.T) {
	t.Parallel()
	body := `{"password":"of-bob-1","rows":["` + strings.Repeat("x", 14<<20) + `"]}`
	for path, credential := range map[string]bool{apiX: false, "/api/rest/2.0/auth/session/login": true} {
		var again atomic.Int64
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				return fresh(r, "tok"), nil
			}
			_, err := io.Copy(io.Discard, r.Body)
			return nil, errors.Join(err, fmt.Errorf("connection reset after %q", `{"password":"of-bob-1"`))
		})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.GetBody = func() (io.ReadCloser, error) { return countedBody{strings.NewReader(body), &again}, nil }
		resp, err := f.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			t.Fatal("no error after a reset")
		}
		if again.Load() > 128<<10 {
			t.Errorf("%s: %d bytes of the body were read again", path, again.Load())
		}
		if credential && strings.Contains(err.Error(), "of-bob-1") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
