package compose

import (
	"context"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// tokenSource makes an oauth2.TokenSource of a Flow. Deadline is an instant of
// the local clock, as oauth2 wants it.
type tokenSource struct {
	ctx  context.Context
	flow *authflow.Flow
}

// Token implements oauth2.TokenSource.
func (s tokenSource) Token() (*oauth2.Token, error) {
	t, err := s.flow.Token(s.ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: string(t.Value), TokenType: "Bearer", Expiry: t.Deadline}, nil
}

// fromTokenSource makes a Flow of an oauth2.TokenSource, whose Expiry is an
// instant of the local clock.
func fromTokenSource(cluster *authflow.Cluster, s oauth2.TokenSource) (*authflow.Flow, error) {
	return cluster.TokensFrom(func(context.Context) (authflow.Token, error) {
		t, err := s.Token()
		if err != nil {
			return authflow.Token{}, err
		}
		return authflow.Token{Value: gen.Secret(t.AccessToken), Deadline: t.Expiry}, nil
	})
}

// Both ways round, with a clock that is a day off on either side, for an hour of
// a request every ten seconds: nothing is refused, and few tokens are asked for.
func TestL5OAuth2(t *testing.T) {
	for name, off := range map[string]time.Duration{"clocks agree": 0, "client a day ahead": -24 * time.Hour, "client a day behind": 24 * time.Hour} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			flow := flowOn(t, sim.URL, sim.Transport(), authtest.DefaultSecretKey)
			source := oauth2.ReuseTokenSource(nil, tokenSource{t.Context(), flow})
			above := oauth2.NewClient(context.WithValue(t.Context(), oauth2.HTTPClient, sim.Client()), source)

			cluster, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()))
			if err != nil {
				t.Fatal(err)
			}
			below, err := fromTokenSource(cluster, source)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = below.Close() }()
			for range 360 {
				if status, err := get(t, above, sim.URL+search); status != 200 || err != nil {
					t.Fatalf("%s, a Flow as a TokenSource: %d, %v", name, status, err)
				}
				if status, err := get(t, below, sim.URL+search); status != 200 || err != nil {
					t.Fatalf("%s, a TokenSource as a Flow: %d, %v", name, status, err)
				}
				sleep(10 * time.Second)
			}
			if n := sim.Calls(authtest.OpGetFullAccessToken); n > 18 {
				t.Errorf("%s: %d tokens in an hour", name, n)
			}
		}, authtest.WithClockOffset(off))
	}
}
