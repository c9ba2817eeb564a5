package peers

import (
	"context"
	"net/http"

	"golang.org/x/oauth2"
)

// OAuth2 is golang.org/x/oauth2: ReuseTokenSource around our own source,
// Token.SetAuthHeader to authorise, Transport to send.
func OAuth2() Peer {
	return Peer{
		Name:    "oauth2",
		Tunable: true,
		Lacks: "Token has no context, so nobody can give up waiting; a mutex is held over the network, so all callers wait for each renewal; " +
			"renews 10 s before expiry whatever the lifetime, unless told otherwise; compares the server's expiry with the local clock; " +
			"nothing on a 401; no pause after a rejection; Transport adds the token to every hop of a redirect, to any host; the token prints in full",
		New: func(s Setup) (Client, error) {
			source := oauth2.ReuseTokenSource(nil, (*oauth2Mint)(s.bare()))
			if s.Margin > 0 {
				source = oauth2.ReuseTokenSourceWithExpiry(nil, (*oauth2Mint)(s.bare()), s.Margin)
			}
			return &oauth2Client{source, http.Client{Transport: &oauth2.Transport{Source: source, Base: s.HTTP.Transport}}}, nil
		},
	}
}

type oauth2Mint Setup

// Token implements oauth2.TokenSource.
func (m *oauth2Mint) Token() (*oauth2.Token, error) {
	token, expires, err := (*Setup)(m).mint(context.Background())
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: token, Expiry: expires}, nil
}

type oauth2Client struct {
	source oauth2.TokenSource
	http.Client
}

// Authorize implements Client.
func (c *oauth2Client) Authorize(req *http.Request) func() error {
	return func() error {
		token, err := c.source.Token()
		if err != nil {
			return err
		}
		token.SetAuthHeader(req)
		return nil
	}
}
