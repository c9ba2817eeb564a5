package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A function supplies another wrong password each time. After the fourth, the error says
// until when none is sent, and its RetryAfter is the same time, for every caller.
func TestR6_TooManyRejected_SayUntilWhenNoneIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		passwords := 0
		f, err := clusterOf(t, sim).FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername},
			authflow.WithPassword(func(context.Context) (gen.Secret, error) {
				passwords++
				return gen.Secret(fmt.Sprint("wrong-", passwords)), nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(time.Hour)
		for range 4 {
			_, err := f.Token(t.Context())
			if !errors.Is(err, authflow.ErrCredentialsRejected) || errors.Is(err, authflow.ErrTooManyRejected) {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second) // fake clock
		}
		for range 3 {
			_, err := f.Token(t.Context())
			isOne := errors.Is(err, authflow.ErrTooManyRejected) && errors.Is(err, authflow.ErrCredentialsRejected)
			if !isOne || retryAfter(err) != time.Until(end) || !strings.Contains(err.Error(), "none is sent until "+end.Format(time.TimeOnly)) {
				t.Errorf("%v, want %v", err, time.Until(end))
			}
			time.Sleep(100 * time.Millisecond) // fake clock; in the pause of the Flow
		}
		if n := sim.Calls(authtest.AnyOperation); n != 4 {
			t.Errorf("%d calls", n)
		}
	})
}

// The next caller learns as well that the host is another one, and the password is not
// sent to it again and again.
func TestX4_HostThatIsNotThoughtSpot_IsReportedAsOneEachTime(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authtest.Fault{
		"404":           authtest.Answer(404, "text/html", "<html>nothing here</html>"),
		"501":           authtest.Answer(501, "text/plain", "not implemented"),
		"page with 200": authtest.Answer(200, "text/html", "<html>welcome</html>"),
	}, func(t *testing.T, fault authtest.Fault) {
		sim := authtest.New()
		sim.Fail(authtest.AnyOperation, -1, fault)
		for way, f := range waysOf(t, sim.Transport()) {
			sim.ResetCalls()
			for range 10 {
				_, err := carried(t.Context(), f)
				var e *authflow.Error
				isOne := errors.Is(err, authflow.ErrNotThoughtSpot) && !errors.Is(err, authflow.ErrCredentialsRejected)
				if !errors.As(err, &e) || !isOne || e.Retryable() || strings.Contains(err.Error(), "retry after") {
					t.Errorf("%s: %v", way, err)
				}
				time.Sleep(time.Second) // fake clock
			}
			if n := sim.Calls(authtest.AnyOperation); n > 4 {
				t.Errorf("%s: %d calls in ten seconds", way, n)
			}
			_ = f.Close()
		}
	})
}
