package authflow_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Ann's session stays Ann's, whoever is logged in through it.
func TestS5AFlowStaysItsPrincipal(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		ann, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: "ann", Password: "of ann"})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := gen.NewClientWithResponses(sim.URL, gen.WithHTTPClient(ann))
		if err != nil {
			t.Fatal(err)
		}
		for name, client := range map[string]*gen.ClientWithResponses{"API": ann.API(), "a generated client": plain} {
			bob, err := client.LoginWithResponse(t.Context(), gen.LoginRequest{Username: "bob", Password: "of bob"})
			if err != nil || bob.StatusCode() != http.StatusNoContent {
				t.Fatal(bob, err)
			}
			if me, err := ann.API().GetCurrentUserInfoWithResponse(t.Context()); err != nil || me.JSON200 == nil || me.JSON200.Name != "ann" {
				t.Errorf("after bob logged in by %s: %v, %v", name, me, err)
			}
		}
		if n := sim.Calls(authtest.OpLogin); n != 3 {
			t.Errorf("%d log-ins, one of ann's and two of bob's were wanted", n)
		}
	}, authtest.WithUser("ann", "of ann"), authtest.WithUser("bob", "of bob"))
}

// A wrong password that somebody tries through a Flow is sent once, and costs
// the Flow nothing.
func TestP7ACredentialInTheBodyIsSentOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, time.Hour)
		mustGet(t, f)
		for range 3 {
			login, err := f.API().LoginWithResponse(t.Context(), gen.LoginRequest{Username: authtest.DefaultUsername, Password: "wrong"})
			if err != nil || login.StatusCode() != 401 {
				t.Fatal(login, err)
			}
			token, err := f.API().GetFullAccessTokenWithResponse(t.Context(), gen.GetFullAccessTokenRequest{Username: "x", SecretKey: "wrong"})
			if err != nil || token.StatusCode() != 401 {
				t.Fatal(token, err)
			}
		}
		mustGet(t, f)
		if logins, tokens := sim.Calls(authtest.OpLogin), sim.Calls(authtest.OpGetFullAccessToken); logins != 3 || tokens != 4 {
			t.Errorf("%d log-ins and %d token calls for three tries of each", logins, tokens)
		}
		if u, _ := sim.User(authtest.DefaultUsername); u.Status != gen.AccountStatusActive {
			t.Errorf("the account is %s", u.Status)
		}
	})
}

// A retry library sends the same request again, with what Edit put into it.
func TestI3AnEarlierEditIsReplacedAndACallersOwnStays(t *testing.T) {
	minted := 0
	f := on(t, func(r *http.Request) (*http.Response, error) {
		minted++
		return fresh(r, strings.Repeat("x", minted)), nil
	})
	req := request(t, fakeURL+"/api/rest/2.0/x")
	for want := 1; want < 5; want++ {
		for range 3 {
			if err := f.Edit(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		if got := req.Header.Get("Authorization"); got != "Bearer "+strings.Repeat("x", want) {
			t.Errorf("after %d tokens the request carries %q", want, got)
		}
		if err := f.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"Authorization", "authorization", "AUTHORIZATION"} {
		req := request(t, fakeURL+"/api/rest/2.0/x")
		req.Header[name] = []string{"Basic of the caller"}
		if err := f.Edit(t.Context(), req); err != nil || len(req.Header) != 1 || req.Header[name][0] != "Basic of the caller" {
			t.Errorf("%s: %v, %v", name, req.Header, err)
		}
		req.Header[name] = []string{""}
		if err := f.Edit(t.Context(), req); err != nil || !strings.HasPrefix(req.Header.Get("Authorization"), "Bearer x") || len(req.Header) != 1 {
			t.Errorf("%s without a value: %v, %v", name, req.Header, err)
		}
	}
}

func TestI5TheCallersCookiesArriveByteForByte(t *testing.T) {
	for name, c := range map[string]struct {
		own  []string
		want string
	}{
		"JSON and a list":      {[]string{`prefs={"tz":1}; list=a,b`}, `prefs={"tz":1}; list=a,b; JSESSIONID=s1`},
		"odd spaces":           {[]string{`a=1;b=2;  c = 3`}, `a=1;b=2;  c = 3; JSESSIONID=s1`},
		"two lines":            {[]string{`a="1"`, `b=2`}, `a="1"; b=2; JSESSIONID=s1`},
		"the session's name":   {[]string{`a=1; JSESSIONID=of-another; b="x y"`}, `a=1; b="x y"; JSESSIONID=s1`},
		"only a session's own": {[]string{`JSESSIONID=of-another`}, `JSESSIONID=s1`},
	} {
		var got []string
		cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/login") {
				return reply(r, 204, "", "Set-Cookie", "JSESSIONID=s1; Path=/"), nil
			}
			got = r.Header["Cookie"]
			return reply(r, 200, "{}"), nil
		})
		f, err := cluster.Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
		if err != nil {
			t.Fatal(err)
		}
		req := request(t, fakeURL+"/api/rest/2.0/x")
		req.Header["Cookie"] = c.own
		for range 2 { // the second time it is a request that Edit has seen
			if err := f.Edit(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		if h := req.Header["Cookie"]; len(h) != 1 || h[0] != c.want {
			t.Errorf("%s, by Edit: %q", name, h)
		}
		req.Header["Cookie"] = c.own
		if resp, err := f.Do(req); err != nil || resp.Body.Close() != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%s, by Do: %q, want %q; %v", name, got, c.want, err)
		}
	}
}

// A base that follows redirects or retries by itself, such as the Transport of a
// retry library, shows our credentials to others.
func TestI6ABaseThatFollowsRedirectsIsNotBelieved(t *testing.T) {
	evil := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "evil.example" {
			return fresh(r, "of-evil"), nil
		}
		return reply(r, 307, "", "Location", "https://evil.example/api/rest/2.0/auth/token/full"), nil
	})
	following := &http.Client{Transport: evil}
	posts := 0
	f := on(t, func(r *http.Request) (*http.Response, error) {
		posts++
		out := r.Clone(r.Context())
		out.RequestURI = ""
		return following.Do(out)
	})
	token, err := f.Token(t.Context())
	if !errors.Is(err, authflow.ErrUnexpectedRedirect) || token.Value != "" || posts != 1 {
		t.Errorf("%v after %d tries, token %q", err, posts, string(token.Value))
	}
}

func TestS6RulesThatDoNotReachSessions(t *testing.T) {
	cluster, err := authflow.New(fakeURL, authflow.WithSecretKey("key"))
	if err != nil {
		t.Fatal(err)
	}
	rules := []gen.FilterRule{{ColumnName: "Region", Operator: gen.FilterOperatorEQ, Values: []gen.FilterValue{"North"}}}
	for _, c := range []struct {
		persist gen.PersistOption
		rules   []gen.FilterRule
		refused bool
	}{{gen.PersistOptionNone, rules, true}, {gen.PersistOptionNone, nil, false}, {gen.PersistOptionReplace, rules, false}} {
		f, err := cluster.CustomAccess(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: c.persist, FilterRules: c.rules})
		if err != nil {
			t.Fatal(err)
		}
		var e *authflow.Error
		if _, err := f.Session(); (err != nil) != c.refused || c.refused && (!errors.As(err, &e) || e.Field != "persist_option") {
			t.Errorf("%s with %d rules: %v", c.persist, len(c.rules), err)
		}
	}
}

// The redirect to an identity provider and back, with cookies of its own.
func TestL5AnIdentityProviderKeepsItsCookies(t *testing.T) {
	var atIDP []string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			return fresh(r, "tok"), nil
		case r.URL.Host == "idp.example":
			atIDP = append(atIDP, r.Header.Get("Cookie")+"|"+r.Header.Get("Authorization"))
			if r.Header.Get("Cookie") == "" {
				return reply(r, 302, "", "Location", "https://idp.example/again", "Set-Cookie", "idp=1; Path=/"), nil
			}
			return reply(r, 200, "signed in"), nil
		}
		return reply(r, 302, "", "Location", "https://idp.example/"), nil
	})
	client := f.HTTPClient()
	client.Jar, _ = cookiejar.New(nil)
	resp, err := client.Do(request(t, fakeURL+"/page"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if string(body) != "signed in" || len(atIDP) != 2 || atIDP[1] != "idp=1|" {
		t.Errorf("%s; the provider saw %q", body, atIDP)
	}
}

type traceKey struct{}

func TestR4TheFlightKeepsTheValuesOfWhoBeganIt(t *testing.T) {
	var seen any
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			seen = r.Context().Value(traceKey{})
		}
		return fresh(r, "tok"), nil
	})
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), traceKey{}, "parent"))
	defer cancel()
	if _, err := f.Token(ctx); err != nil || seen != "parent" {
		t.Errorf("the token call has %v, %v", seen, err)
	}
}

func TestR10APanicInTheUsersCodeIsAnErrorOfThoseWhoWait(t *testing.T) {
	boom := func() { panic("boom of Bearer Key-ABCdef-42") }
	for name, f := range map[string]*authflow.Flow{
		"RoundTripper": on(t, func(*http.Request) (*http.Response, error) { boom(); return nil, nil }),
		"password": func() *authflow.Flow {
			f, _ := fakeCluster(t, nil).Session(gen.LoginRequest{Username: "u"}, authflow.WithPassword(func(context.Context) (gen.Secret, error) { boom(); return "", nil }))
			return f
		}(),
		"key": func() *authflow.Flow {
			f, _ := fakeCluster(t, nil, authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { boom(); return "", nil })).FullAccess(gen.GetFullAccessTokenRequest{Username: "u"})
			return f
		}(),
		"TokensFrom": func() *authflow.Flow {
			f, _ := fakeCluster(t, nil).TokensFrom(func(context.Context) (authflow.Token, error) { boom(); return authflow.Token{}, nil })
			return f
		}(),
	} {
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if err := f.Renew(t.Context()); err == nil || !strings.Contains(err.Error(), "boom") {
					t.Errorf("%s: %v", name, err)
				} else if name == "RoundTripper" && strings.Contains(err.Error(), mixedKey) {
					t.Errorf("%s: shows the key: %v", name, err)
				}
			})
		}
		wg.Wait()
	}
}

// S6: nor without those of a token of full or object access that reach it alone.
func TestS6UserParametersWithoutPersistReachNoSession(t *testing.T) {
	for name, c := range map[string]struct {
		rules   gen.UserParameters
		refused bool
	}{
		"a filter":               {gen.UserParameters{RuntimeFilters: []gen.RuntimeFilter{{ColumnName: "c", Operator: gen.FilterOperatorEQ, Values: []string{"1"}}}}, true},
		"a sort":                 {gen.UserParameters{RuntimeSorts: []gen.RuntimeSort{{ColumnName: "c"}}}, true},
		"a parameter":            {gen.UserParameters{Parameters: []gen.RuntimeParameter{{Name: "p", Values: []string{"1"}, Persist: true}, {Name: "q", Values: []string{"1"}}}}, true},
		"a filter that persists": {gen.UserParameters{RuntimeFilters: []gen.RuntimeFilter{{ColumnName: "c", Operator: gen.FilterOperatorEQ, Values: []string{"1"}, Persist: true}}}, false},
		"none":                   {gen.UserParameters{}, false},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
			full, err1 := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername, UserParameters: &c.rules})
			object, err2 := cluster.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: authtest.DefaultUsername, ObjectID: "o", UserParameters: &c.rules})
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			for _, f := range []*authflow.Flow{full, object} {
				_, ofSession := f.Session()
				_, ofToken := f.SessionToken().Token(t.Context())
				for _, err := range []error{ofSession, ofToken} {
					var e *authflow.Error
					if c.refused != (errors.As(err, &e) && e.Field == "user_parameters") || !c.refused && err != nil {
						t.Errorf("%s, %v: %v", name, f, err)
					}
				}
			}
		})
	}
}
