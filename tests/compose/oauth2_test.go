package compose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A Flow as a TokenSource, and a TokenSource as a Flow: with a client clock that is right
// or wrong by a day, an hour with a request every ten seconds meets no 401, and few
// tokens are requested.
func TestL5_OAuth2AboveAndBelow_TokensKeepTheirLifetime(t *testing.T) {
	for name, off := range map[string]time.Duration{"clocks agree": 0, "client a day ahead": -24 * time.Hour, "client a day behind": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				// ReuseTokenSource, as oauth2.NewClient has one anyway.
				source := oauth2.ReuseTokenSource(nil, tokenSource{t.Context(), flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey)})
				above := oauth2.NewClient(context.WithValue(t.Context(), oauth2.HTTPClient, sim.Client()), source)
				below := signedInBy(t, sim, func(context.Context) (*oauth2.Token, error) { return source.Token() })
				for range 360 {
					if status, err := get(t, above, sim.URL+search); status != 200 || err != nil {
						t.Fatalf("a Flow as a TokenSource: %d, %v", status, err)
					}
					if status, err := get(t, below, sim.URL+search); status != 200 || err != nil {
						t.Fatalf("a TokenSource as a Flow: %d, %v", status, err)
					}
					sleep(10 * time.Second)
				}
				if n := sim.Calls(authtest.OpGetFullAccessToken); n < 12 || n > 18 {
					t.Errorf("%d tokens of 5 minutes in an hour", n)
				}
			}, authtest.WithClockOffset(off))
		})
	}
}

// After a revocation a Flow requests another token. A source that keeps its
// tokens does not have one, and the error says so. A source that gets a token each
// time has one.
func TestP1_OAuth2Below_RevocationNeedsANewToken(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		issuer := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: issuer(t, sim)})
		config := clientcredentials.Config{ClientID: "id", ClientSecret: "secret", TokenURL: "https://issuer.example/token"}
		source := config.TokenSource(issuer)
		asks := signedInBy(t, sim, func(context.Context) (*oauth2.Token, error) { return config.Token(issuer) })
		keeps := signedInBy(t, sim, func(context.Context) (*oauth2.Token, error) { return source.Token() })
		both := func(when string) {
			for name, flow := range map[string]*authflow.Flow{"asks": asks, "keeps": keeps} {
				if status, err := get(t, flow, sim.URL+search); status != 200 || err != nil {
					t.Errorf("one that %s, %s: %d, %v", name, when, status, err)
				}
			}
		}
		both("at first")
		sim.RevokeAll()
		if status, err := get(t, asks, sim.URL+search); status != 200 || err != nil {
			t.Errorf("one that asks, after a revocation: %d, %v", status, err)
		}
		if _, err := get(t, keeps, sim.URL+search); !errors.Is(err, authflow.ErrCredentialsRejected) || !strings.Contains(err.Error(), "returned a token again") {
			t.Errorf("one that keeps, after a revocation: %v", err)
		}
		sleep(6 * time.Minute) // the token that the source keeps has expired
		both("6 minutes later")
	})
}

// A client of oauth2 above a Flow does not look at a 401: its caller invalidates
// the token.
func TestP1_OAuth2Above_RevocationNeedsInvalidate(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		flow := flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey)
		client := &http.Client{Transport: &oauth2.Transport{Source: tokenSource{t.Context(), flow}, Base: sim.Transport()}}
		token, err := flow.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sim.RevokeAll()
		if status, err := get(t, client, sim.URL+search); status != 401 || err != nil {
			t.Errorf("before Invalidate: %d, %v", status, err)
		}
		flow.Invalidate(token)
		if status, err := get(t, client, sim.URL+search); status != 200 || err != nil {
			t.Errorf("after Invalidate: %d, %v", status, err)
		}
	})
}

// The error of the one below is found in that of the one above.
func TestL5_OAuth2_ErrorsAreFoundThroughBoth(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		source := tokenSource{t.Context(), flowOn(t, sim.URL, sim.Transport(), "not the key")}
		above := oauth2.NewClient(context.WithValue(t.Context(), oauth2.HTTPClient, sim.Client()), source)
		if _, err := get(t, above, sim.URL+search); !errors.Is(err, authflow.ErrCredentialsRejected) {
			t.Errorf("a Flow as a TokenSource: %v", err)
		}
		below := signedInBy(t, sim, func(context.Context) (*oauth2.Token, error) {
			return nil, &oauth2.RetrieveError{ErrorCode: "invalid_client"}
		})
		_, err := get(t, below, sim.URL+search)
		if e := (*oauth2.RetrieveError)(nil); !errors.As(err, &e) || e.ErrorCode != "invalid_client" {
			t.Errorf("a TokenSource as a Flow: %v", err)
		}
	})
}

// signedInBy returns a Flow on tokens of oauth2.
func signedInBy(t *testing.T, sim *authtest.Simulator, get func(context.Context) (*oauth2.Token, error)) *authflow.Flow {
	t.Helper()
	cluster, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()))
	if err != nil {
		t.Fatal(err)
	}
	flow, err := tokensOf(cluster, get)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flow.Close() })
	return flow
}

// issuer is an OAuth 2.0 server that issues the simulator's tokens.
func issuer(t *testing.T, sim *authtest.Simulator) http.RoundTripper {
	api, err := gen.NewClientWithResponses(sim.URL, gen.WithHTTPClient(sim.Client()))
	if err != nil {
		t.Fatal(err)
	}
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		token, err := api.GetFullAccessTokenWithResponse(r.Context(), gen.GetFullAccessTokenRequest{
			Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey})
		if err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: io.NopCloser(strings.NewReader(
			fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":300}`, string(token.JSON200.Token))))}, nil
	})
}
