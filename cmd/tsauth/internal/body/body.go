// Package body prepares the body of a request that is sent by a Flow, which repeats a
// request after a rejected credential only if it can read the body again.
package body

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// MaxKept is the size in bytes of the longest body that is kept.
const MaxKept = 1 << 20

// minTTL is the life that the token of a request with a longer body has left when the
// request begins, because such a request cannot be repeated.
const minTTL = time.Minute

// Prepare reads a body of at most MaxKept bytes into memory, so that flow can repeat
// req. For a longer one it renews a token that is about to expire, and leaves the body a
// stream. An error of flow is an *authflow.Error; any other is of reading the body.
func Prepare(flow *authflow.Flow, req *http.Request) error {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	start, err := io.ReadAll(io.LimitReader(req.Body, MaxKept+1))
	if err != nil {
		return err
	}
	if len(start) > MaxKept {
		req.Body = joined{io.MultiReader(bytes.NewReader(start), req.Body), req.Body}
		return renew(flow, req)
	}
	keep(req, start)
	return nil
}

// joined is a body of which the start was read before.
type joined struct {
	io.Reader
	io.Closer
}

// renew makes the token of flow live for minTTL. A token that never lives that long is
// new at least, and a session has no token.
func renew(flow *authflow.Flow, req *http.Request) error {
	_, err := flow.Token(req.Context(), authflow.MinTTL(minTTL))
	if errors.Is(err, authflow.ErrInvalid) {
		return nil
	}
	return err
}

// keep gives req a body that can be read again.
func keep(req *http.Request, whole []byte) {
	req.TransferEncoding, req.ContentLength = nil, int64(len(whole))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(whole)), nil }
	if len(whole) == 0 {
		req.GetBody = func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	req.Body, _ = req.GetBody()
}
