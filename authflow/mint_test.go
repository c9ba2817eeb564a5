package authflow_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// mint is a source of tokens under the test's control. Its lock guards what the
// Flow's goroutines and the test share.
type mint struct {
	mu       sync.Mutex
	calls    []time.Time
	lifetime time.Duration
	latency  time.Duration
	fail     error
	open     chan struct{} // if not nil, calls wait until it is closed
}

func (m *mint) token(ctx context.Context) (authflow.Token, error) {
	m.mu.Lock()
	sent := time.Now()
	m.calls = append(m.calls, sent)
	n, lifetime, latency, open := len(m.calls), m.lifetime, m.latency, m.open
	m.mu.Unlock()
	if open != nil {
		select {
		case <-open:
		case <-ctx.Done():
			return authflow.Token{}, ctx.Err()
		}
	}
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		return authflow.Token{}, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return authflow.Token{}, m.fail
	}
	return authflow.Token{Value: gen.Secret(fmt.Sprintf("token-%d", n)), Created: sent, Expires: sent.Add(lifetime)}, nil
}

func (m *mint) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *mint) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.calls)
}

// flow returns a Flow on the tokens of m.
func (m *mint) flow(t *testing.T, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	c, err := authflow.New(fakeURL, opts...)
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.TokensFrom(m.token)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// carried returns the token that a request would carry now.
func carried(ctx context.Context, f *authflow.Flow) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.Server()+"/api/rest/2.0/metadata/search", nil)
	if err != nil {
		return "", err
	}
	err = f.Edit(ctx, req)
	return strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "), err
}

func mustCarry(t *testing.T, f *authflow.Flow) string {
	t.Helper()
	v, err := carried(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
