package redisstore_test

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// advised returns a client with the options that the package's doc advises.
func advised(t *testing.T, addr string) *redis.Client {
	t.Helper()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range []string{"ContextTimeoutEnabled: true,", "DialTimeout: 500 * time.Millisecond,", "DialerRetries: 1,", "MaxRetries: 1,"} {
		if !strings.Contains(string(doc), option) {
			t.Errorf("the package's doc does not advise %q", option)
		}
	}
	c := redis.NewClient(&redis.Options{
		Addr: addr, TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		ContextTimeoutEnabled: true, DialTimeout: 500 * time.Millisecond, DialerRetries: 1, MaxRetries: 1,
	})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// silent returns the address of a server that accepts connections and never answers,
// and how many it has accepted.
func silent(t *testing.T) (addr string, accepted *atomic.Int32) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted = new(atomic.Int32)
	ended := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-ended })
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			defer func() { _ = c.Close() }()
		}
	}()
	return l.Addr().String(), accepted
}

// With TLS the client does not honor the context while it connects. The options that the
// doc advises end an operation after two connections of half a second each;
// the client's defaults make twenty, of five seconds each.
func TestK2_SilentServer_IsDialedTwice(t *testing.T) {
	addr, accepted := silent(t)
	s := storeOn(t, advised(t, addr))
	for n := range int32(2) {
		_, _, err := s.Load(context.WithoutCancel(t.Context()), name)
		if err == nil {
			t.Fatal("Load returns a value of a silent server")
		}
		if got := accepted.Load(); got > 2*(n+1) {
			t.Errorf("%d connections for %d operations", got, n+1)
		}
	}
}
