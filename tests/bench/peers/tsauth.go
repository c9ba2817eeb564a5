package peers

import (
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Tsauth is the library of this project, with its defaults.
func Tsauth() Peer {
	return Peer{
		Name: Ours,
		New: func(s Setup) (Client, error) {
			f, err := authflow.FullAccess(s.Server, gen.GetFullAccessTokenRequest{
				Username: s.Username, SecretKey: "2657f6f9-6aa9-4432-99f2-bf0d70f240ac",
			}, authflow.WithHTTPClient(s.HTTP))
			if err != nil {
				return nil, err
			}
			return tsauth{f}, nil
		},
	}
}

type tsauth struct{ *authflow.Flow }

// Authorize implements Client.
func (c tsauth) Authorize(req *http.Request) func() error {
	ctx := req.Context()
	return func() error { return c.Edit(ctx, req) }
}
