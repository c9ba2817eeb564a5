package peers

import (
	"net/http"

	"github.com/bradleyfalzon/ghinstallation/v2"
)

// GHInstallation is bradleyfalzon/ghinstallation, which gets tokens from GitHub
// alone; the server answers it as GitHub does.
func GHInstallation() Peer {
	return Peer{
		Name: "ghinstallation",
		Lacks: "GitHub only; a mutex is held over the network, so all callers wait for each renewal and none can give up; " +
			"renews 1 minute before expiry whatever the lifetime, which cannot be set; wall clock; nothing on a 401; data race between Expiry and Token; " +
			"adds the token to every hop of a redirect, to any host",
		New: func(s Setup) (Client, error) {
			t, err := ghinstallation.New(s.HTTP.Transport, 1, 1, s.AppKey())
			if err != nil {
				return nil, err
			}
			t.BaseURL = s.Server
			return &ghClient{t, http.Client{Transport: t}}, nil
		},
	}
}

type ghClient struct {
	transport *ghinstallation.Transport
	http.Client
}

// Authorize implements Client.
func (c *ghClient) Authorize(req *http.Request) func() error {
	ctx := req.Context()
	return func() error {
		token, err := c.transport.Token(ctx)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "token "+token)
		return nil
	}
}
