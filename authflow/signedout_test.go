package authflow_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// htmlPage returns a response that is an HTML page.
func htmlPage(r *http.Request, status int, text string) *http.Response {
	return reply(r, status, "<html><body>"+text+"</body></html>", "Content-Type", "text/html; charset=utf-8")
}

// signedOut is a server that has signed out the user of the first token: away
// supplies its responses to API requests with that token, and with every token if
// stays is true.
func signedOut(away func(*http.Request) *http.Response, stays bool) roundTrip {
	minted := 0
	return func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			minted++
			return fresh(r, map[bool]string{true: "first", false: "second"}[minted == 1]), nil
		case strings.HasPrefix(r.URL.Path, "/login"), r.URL.Host != "ts.example":
			return htmlPage(r, 200, "Sign in"), nil
		case r.Header.Get("Authorization") == "Bearer first" || stays:
			return away(r), nil
		}
		return reply(r, 200, `{"ok":true}`), nil
	}
}

// A server sends signed-out users to a login page. The caller gets the data with a
// new token, or an error, but never the page.
func TestP6_SignedOutUser_NeverGetsAPage(t *testing.T) {
	for name, away := range map[string]func(*http.Request) *http.Response{
		"redirect to a page on the same host": func(r *http.Request) *http.Response { return reply(r, 302, "", "Location", "/login?next=x") },
		"redirect to an identity provider": func(r *http.Request) *http.Response {
			return reply(r, 302, "", "Location", "https://idp.example/authorize")
		},
		"redirect to another port": func(r *http.Request) *http.Response { return reply(r, 307, "", "Location", "https://ts.example:8443/") },
		"a login page":             func(r *http.Request) *http.Response { return htmlPage(r, 200, "Sign in") },
		"a login page in capitals": func(r *http.Request) *http.Response { return reply(r, 200, "<HTML>", "Content-Type", "Text/HTML") },
	} {
		for _, stays := range []bool{false, true} {
			f := on(t, signedOut(away, stays))
			if _, err := f.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/metadata/search"))
			if stays {
				var e *authflow.Error
				if err == nil || !errors.As(err, &e) {
					t.Errorf("%s, with every token: %v, %v", name, resp, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK || string(body) != `{"ok":true}` {
				t.Errorf("%s: %d %s", name, resp.StatusCode, body)
			}
		}
	}
}

// A page outside the API, and a response that is not a page, reach the caller
// unchanged.
func TestP6_OtherResponse_IsLeftUnchanged(t *testing.T) {
	for name, c := range map[string]struct {
		path   string
		answer func(*http.Request) *http.Response
	}{
		"a page outside the API":   {"/", func(r *http.Request) *http.Response { return htmlPage(r, 200, "Hello") }},
		"a 404 of the API as HTML": {"/api/rest/2.0/nothing", func(r *http.Request) *http.Response { return htmlPage(r, 404, "not found") }},
		"a 503 as HTML":            {"/api/rest/2.0/x", func(r *http.Request) *http.Response { return htmlPage(r, 503, "bad gateway") }},
		"a report as PDF": {"/api/rest/2.0/report", func(r *http.Request) *http.Response {
			return reply(r, 200, "%PDF-1.7", "Content-Type", "application/pdf")
		}},
		"a redirect in the API": {"/api/rest/2.0/old", func(r *http.Request) *http.Response {
			if strings.HasSuffix(r.URL.Path, "/old") {
				return reply(r, 308, "", "Location", "/api/rest/2.0/new")
			}
			return reply(r, 200, "new")
		}},
	} {
		mints := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				mints++
				return fresh(r, "tok"), nil
			}
			return c.answer(r), nil
		})
		resp, err := f.Do(request(t, fakeURL+c.path))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if len(body) == 0 || mints != 1 {
			t.Errorf("%s: %d, %q after %d mints", name, resp.StatusCode, body, mints)
		}
	}
}

func TestP6_MaintenancePageWithAnyStatus_IsAnError(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 503, 404} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := trusted(t, sim, time.Hour)
			mustGet(t, f)
			sim.Fail(authtest.OpGetCurrentUserInfo, -1, authtest.Maintenance(status))
			if _, err := f.API().GetCurrentUserInfoWithResponse(t.Context()); !errors.Is(err, authflow.ErrMaintenance) {
				t.Errorf("%d, by API: %v", status, err)
			}
			client, err := gen.NewClientWithResponses(sim.URL, gen.WithHTTPClient(f))
			if err != nil {
				t.Fatal(err)
			}
			if me, err := client.GetCurrentUserInfoWithResponse(t.Context()); !errors.Is(err, authflow.ErrMaintenance) {
				t.Errorf("%d, by a generated client: %v, %v", status, me, err)
			}
			if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
				t.Errorf("%d: %d tokens", status, n)
			}
		})
	}
}

// For ten minutes, ten times a second, one path responds with 401 to every token
// and another path works.
func TestP3_PathThatRejectsEveryToken_CostsFewTokens(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 24*time.Hour)
		sim.Fail(authtest.OpGetCurrentUserInfo, -1, authtest.Status(401))
		pause := time.Duration(sized(100, 400)) * time.Millisecond
		for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(pause) { // fake clock
			me, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
			if err != nil || me.StatusCode() != 401 {
				t.Fatal(me, err)
			}
			mustGet(t, f) // a path that works
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > atMost {
			t.Errorf("%d tokens", n)
		}
		sim.ClearFaults()
		sim.RevokeTokens()
		time.Sleep(time.Minute) // fake clock
		mustGet(t, f)
	})
}

// The token endpoint fails while one path responds with 401. Requests to the paths
// that work are not delayed.
func TestR3_PathThatRejectsTheToken_DoesNotDelayTheOthers(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]authtest.Fault{"fails": authtest.Status(503), "is silent": authtest.Delay(time.Hour)} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := trusted(t, sim, 300*time.Second)
			mustGet(t, f)
			sim.Fail(authtest.OpGetFullAccessToken, -1, fault)
			sim.Fail(authtest.OpGetCurrentUserInfo, -1, authtest.Status(401))
			go func() { _, _ = f.API().GetCurrentUserInfoWithResponse(t.Context()) }()
			time.Sleep(time.Second) // fake clock
			began := time.Now()
			for range 100 {
				mustGet(t, f)
			}
			if waited := time.Since(began); waited > 0 {
				t.Errorf("the endpoint %s: 100 requests to paths that work waited for %v", name, waited)
			}
			for range 10 { // Token may wait for the token request in progress, but succeeds
				if _, err := f.Token(t.Context()); err != nil {
					t.Errorf("the endpoint %s: %v", name, err)
				}
			}
			_ = f.Close()
		})
	}
}

func TestR11_FilterRules_AreAppendedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault authtest.Fault
		rules int
	}{
		"the response is truncated":  {authtest.Truncated(), 1},
		"the connection is reset":    {authtest.Reset(), 0},
		"429, which changes nothing": {authtest.Status(429), 1},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			sim.Fail(authtest.OpGetCustomAccessToken, 1, c.fault)
			f, err := clusterOf(t, sim).CustomAccess(gen.GetCustomAccessTokenRequest{
				Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, PersistOption: gen.PersistOptionAppend,
				FilterRules: []gen.FilterRule{{ColumnName: "Region", Operator: gen.FilterOperatorEQ, Values: []gen.FilterValue{"North"}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.Token(t.Context())
			u, _ := sim.User(authtest.DefaultUsername)
			if got := len(u.Properties[0].FilterRules); got != c.rules {
				t.Errorf("%s: the rules are stored %d times, want %d (%v)", name, got, c.rules, err)
			}
			_ = f.Close()
		})
	}
}
