package prometheus_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A scrape names no user and no server, and holds no secret, whatever has failed.
func TestX3_Scrape_NamesNoUserAndNoSecret(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.sim.AddUser("annette", "")
		r.sim.AddUser("barnaby", "")
		service, users := r.newService(), r.newPool()
		r.metrics.WatchService(service)
		secrets := []string{"annette", "barnaby", authtest.DefaultSecretKey, "wrong password", "idp.example"}
		server, err := url.Parse(r.sim.URL)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, server.Host)
		session, err := r.cluster.Session(gen.LoginRequest{Username: "annette", Password: "wrong password"})
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range []authtest.Fault{authtest.Delay(time.Second), authtest.Reject(http.StatusForbidden, 10023, "no token for annette "+authtest.DefaultSecretKey),
			authtest.Maintenance(http.StatusServiceUnavailable), authtest.Redirect(http.StatusFound, "https://idp.example/annette")} {
			r.sim.Fail(authtest.OpGetFullAccessToken, 4, fault)
			_ = session.Renew(r.t.Context())
			for _, user := range []string{"annette", "barnaby"} {
				if f, err := users.Get(r.t.Context(), user); err == nil {
					token, _ := f.Token(r.t.Context())
					secrets = append(secrets, string(token.Value))
				}
				secrets = append(secrets, r.request(service, http.MethodGet, user))
			}
			time.Sleep(time.Hour) // fake clock
		}
		r.metrics.Observe(authflow.Event{Kind: "of annette", Op: "annette", Server: "https://" + server.Host, Username: "annette", Reason: "annette", Err: errors.New("annette")})
		r.metrics.ObserveRequest(tokenservice.Event{Outcome: tokenservice.Refused, Method: "annette", User: "annette", Err: errors.New("annette")})
		page, tokens := r.scrape(), 0
		for _, secret := range secrets {
			if secret == "" {
				continue
			}
			tokens++
			if strings.Contains(page, secret) {
				t.Errorf("%q is in\n%s", secret, page)
			}
		}
		if tokens < 10 || r.value(`flow_events_total{kind="renewal_failed"}`) < 3 {
			t.Errorf("%d secrets were looked for in\n%s", tokens, page)
		}
		if err := errors.Join(service.Shutdown(r.t.Context()), users.Close(r.t.Context())); err != nil {
			t.Log(err)
		}
	})
}
