package tokenservice_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// L4: sign-outs that failed are not all tried again in the same instant, and all of them
// are done in the end.
func TestL4_ManySignOutsThatFailed_AreTriedAgainFewAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const people = 40
		var options []authtest.Option
		for i := range people {
			options = append(options, authtest.WithUser(fmt.Sprint("user-", i), "pw"))
		}
		x := &rig{sim: authtest.New(options...)}
		x.start(t, forADay)
		defer func() { _ = x.Shutdown(t.Context()) }()
		for i := range people {
			token(t, x.request(t, "GET", fmt.Sprint("user-", i)))
		}
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		for i := range people {
			problem(t, x.request(t, "DELETE", fmt.Sprint("user-", i)), 503)
		}
		if n := x.Stats().SignOuts; n != people {
			t.Errorf("%d sign-outs are to be tried again, want %d", n, people)
		}
		x.sim.ClearFaults()
		time.Sleep(10 * time.Minute) // fake clock
		x.sim.ResetCalls()
		x.request(t, "HEAD", "user-0")
		synctest.Wait()
		if n := x.sim.Calls(authtest.OpRevokeToken); n == 0 || n > 4 {
			t.Errorf("one request begins %d sign-outs", n)
		}
		for range people {
			x.request(t, "HEAD", "user-0")
			synctest.Wait()
		}
		if left := len(x.sim.Tokens()); left > 0 || x.Stats().SignOuts > 0 {
			t.Errorf("%d tokens are alive, %d sign-outs are to be tried again", left, x.Stats().SignOuts)
		}
		if n := x.Stats().InFlight; n != 0 {
			t.Errorf("%d requests are in progress at the end", n)
		}
	})
}

// forADay is byCookie with tokens that live for a day.
func forADay(r *http.Request) (tokenservice.Request, error) {
	c, err := r.Cookie("user")
	if err != nil {
		return tokenservice.Request{}, errors.Join(tokenservice.ErrUnauthenticated, err)
	}
	return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: c.Value, ValidityTimeInSec: 86400}), nil
}

// The users of sign-outs that are done can be forgotten again.
func TestU1_UserWhoseSignOutIsDone_CanBeForgotten(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, x.request(t, "DELETE", "ann"), 503)
		x.request(t, "GET", "bob")
		if n := x.Stats().Users; n != 2 {
			t.Errorf("%d users are remembered while a sign-out is owed, want 2", n)
		}
		x.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		x.request(t, "GET", "bob")
		synctest.Wait()
		x.request(t, "GET", "bob")
		if n := x.Stats().Users; n != 1 {
			t.Errorf("%d users are remembered at the end, want 1", n)
		}
	}, tokenservice.WithMaxUsers(1))
}
