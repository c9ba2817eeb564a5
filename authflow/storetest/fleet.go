package storetest

import (
	"crypto/rand"
	"io"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// fleet stands for processes that share the Store, and a server that knows ann and
// bob.
type fleet struct {
	*subject
	sim   *authtest.Simulator
	key   []byte
	store *via
}

func newFleet(s *subject) *fleet {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	sim := authtest.New(authtest.WithUser("ann", ""), authtest.WithUser("bob", ""), authtest.WithTokenValidity(5*time.Minute))
	return &fleet{s, sim, key, &via{Store: s.Store, saved: make(map[string][]byte)}}
}

// flow returns the Flow of a user in a new process.
func (f *fleet) flow(user string) *authflow.Flow {
	f.Helper()
	c, err := authflow.New(f.sim.URL, authflow.WithHTTPClient(f.sim.Client()),
		authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithStore(f.store, f.key))
	if err != nil {
		f.Fatal(err)
	}
	flow, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
	if err != nil {
		f.Fatal(err)
	}
	return flow
}

func (f *fleet) token(flow *authflow.Flow) authflow.Token {
	f.Helper()
	token, err := flow.Token(f.within(2 * f.patience))
	if err != nil {
		f.Fatalf("Token: %v", err)
	}
	return token
}

// get sends a request with the token of a Flow, which must succeed.
func (f *fleet) get(flow *authflow.Flow) {
	f.Helper()
	req, err := http.NewRequestWithContext(f.within(2*f.patience), http.MethodGet, f.sim.URL+"/api/rest/2.0/metadata/search", nil)
	if err != nil {
		f.Fatal(err)
	}
	resp, err := flow.Do(req)
	if err != nil {
		f.Fatalf("Do: %v", err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		f.Fatalf("Do: status %d", resp.StatusCode)
	}
}

// minted checks how many tokens were requested from the server.
func (f *fleet) minted(want int, why string) {
	f.Helper()
	if n := f.sim.Calls(authtest.OpGetFullAccessToken); n != want {
		f.Errorf("%s: %d tokens were requested from the server, want %d", why, n, want)
	}
}
