package diagnosis

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
)

// A connection that fails is not a failure of TLS, and an address by http has no TLS.
func TestFailedStep_NamesTheConnectionOrTLS(t *testing.T) {
	dial := fmt.Errorf("wrapped: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED})
	read := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	for _, c := range []struct {
		address string
		err     error
		want    string
	}{
		{"http://a.example", dial, "connect"},
		{"http://a.example", read, "connect"},
		{"http://a.example", io.EOF, "connect"},
		{"https://a.example", dial, "connect"},
		{"https://a.example", &net.OpError{Op: "proxyconnect", Err: io.EOF}, "connect"},
		{"https://a.example", read, "tls"},
		{"https://a.example", io.EOF, "tls"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := failedStep(req, c.err); got != c.want {
			t.Errorf("%s, %v: %s, want %s", c.address, c.err, got, c.want)
		}
	}
}
