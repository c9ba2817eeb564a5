package compose

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// tokenSource makes an oauth2.TokenSource of a Flow. Deadline is an instant of
// the local clock, as oauth2 expects it. Expires is an instant of the server's clock.
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

// tokensOf makes a Flow of an oauth2.TokenSource, or of anything else that gets
// oauth2's tokens, whose Expiry is an instant of the local clock.
func tokensOf(cluster *authflow.Cluster, get func(context.Context) (*oauth2.Token, error)) (*authflow.Flow, error) {
	return cluster.TokensFrom(func(ctx context.Context) (authflow.Token, error) {
		t, err := get(ctx)
		if err != nil {
			return authflow.Token{}, err
		}
		return authflow.Token{Value: gen.Secret(t.AccessToken), Deadline: t.Expiry}, nil
	})
}

// Both ways round with golang.org/x/oauth2, on a machine whose clock is a day
// behind that of the server.
func Example_oauth2() {
	sim := authtest.New(authtest.WithClockOffset(24 * time.Hour)) // in place of https://acme.thoughtspot.cloud
	cluster, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(sim.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ann, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		fmt.Println(err)
		return
	}
	var source oauth2.TokenSource = tokenSource{context.Background(), ann}
	token, err := source.Token()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Type(), token.Valid(), time.Until(token.Expiry).Round(time.Minute))

	again, err := tokensOf(cluster, func(context.Context) (*oauth2.Token, error) { return source.Token() })
	if err != nil {
		fmt.Println(err)
		return
	}
	me, err := again.API().GetCurrentUserInfoWithResponse(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(me.JSON200.Name)
	// Output:
	// Bearer true 5m0s
	// tsadmin
}
