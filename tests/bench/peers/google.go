package peers

import (
	"context"
	"net/http"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/httptransport"
)

// Google is cloud.google.com/go/auth: a cached token provider around one's own,
// SetAuthHeader to authorise, the transport of AddAuthorizationMiddleware to
// send.
func Google() Peer {
	return Peer{
		Name:    "google",
		Tunable: true,
		Lacks: "renews 225 s before expiry whatever the lifetime, unless told otherwise, so that a shorter token is renewed without pause; " +
			"two locks for a request, held over the network once the token has expired, and waiters cannot give up; " +
			"one failed renewal in the background ends all tries until expiry; wall clock; nothing on a 401; " +
			"adds the token to every hop of a redirect, to any host; the token prints in full",
		New: func(s Setup) (Client, error) {
			provider := auth.NewCachedTokenProvider((*googleMint)(s.bare()), &auth.CachedTokenProviderOptions{ExpireEarly: s.Margin})
			client := http.Client{Transport: s.HTTP.Transport}
			creds := auth.NewCredentials(&auth.CredentialsOptions{TokenProvider: provider})
			if err := httptransport.AddAuthorizationMiddleware(&client, creds); err != nil {
				return nil, err
			}
			return &googleClient{creds, client}, nil
		},
	}
}

type googleMint Setup

// Token implements auth.TokenProvider.
func (m *googleMint) Token(ctx context.Context) (*auth.Token, error) {
	token, expires, err := (*Setup)(m).mint(ctx)
	if err != nil {
		return nil, err
	}
	return &auth.Token{Value: token, Expiry: expires}, nil
}

type googleClient struct {
	provider auth.TokenProvider
	http.Client
}

// Authorize implements Client.
func (c *googleClient) Authorize(req *http.Request) func() error {
	ctx := req.Context()
	return func() error {
		token, err := c.provider.Token(ctx)
		if err != nil {
			return err
		}
		httptransport.SetAuthHeader(token, req)
		return nil
	}
}
