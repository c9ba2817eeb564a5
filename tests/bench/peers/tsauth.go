package peers

import (
	"net/http"
	"sync"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Tsauth is the library of this project, used as it is meant to be: one
// Cluster, and a Flow for each principal.
func Tsauth() Peer {
	return Peer{
		Name: Ours,
		New: func(s Setup) (Client, error) {
			cluster, err := s.Cluster()
			if err != nil {
				return nil, err
			}
			f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: s.Username})
			if err != nil {
				return nil, err
			}
			return tsauth{f}, nil
		},
	}
}

// Cluster returns a function that makes the Cluster for a server when it is
// first called.
func Cluster(server string, hc *http.Client, opts ...authflow.Option) func() (*authflow.Cluster, error) {
	return sync.OnceValues(func() (*authflow.Cluster, error) {
		return authflow.New(server, append(opts, authflow.WithHTTPClient(hc), authflow.WithSecretKey("2657f6f9-6aa9-4432-99f2-bf0d70f240ac"))...)
	})
}

type tsauth struct{ *authflow.Flow }

// Authorize implements Client.
func (c tsauth) Authorize(req *http.Request) func() error {
	ctx := req.Context()
	return func() error { return c.Edit(ctx, req) }
}
