package authflow_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// These tests cover the surroundings of a Flow: bases that misbehave, connections,
// addresses, and the server's error texts.

// L5: a base that breaks the rules of http.RoundTripper causes an error in every
// call, as it does with http.Client.
func TestL5_BaseThatBreaksTheRules_CausesAnError(t *testing.T) {
	for name, base := range map[string]func(*http.Request) (*http.Response, error){
		"neither response nor error": func(*http.Request) (*http.Response, error) { return nil, nil }, //nolint:nilnil // this is the rule that the base breaks
		"an empty response":          func(*http.Request) (*http.Response, error) { return &http.Response{}, nil },
		"no body and no headers": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusInternalServerError}, nil
		},
	} {
		for what, use := range map[string]func(f *authflow.Flow, api *gen.ClientWithResponses) error{
			"a token": func(f *authflow.Flow, _ *gen.ClientWithResponses) error { return f.Renew(t.Context()) },
			"a request": func(f *authflow.Flow, _ *gen.ClientWithResponses) error {
				_, err := text(f, request(t, fakeURL+apiX))
				return err
			},
			"a redirect": func(f *authflow.Flow, _ *gen.ClientWithResponses) error {
				_, err := text(f, request(t, fakeURL+"/moved"))
				return err
			},
			"a logout": func(f *authflow.Flow, _ *gen.ClientWithResponses) error { return f.Logout(t.Context()) },
			"the current user": func(_ *authflow.Flow, api *gen.ClientWithResponses) error {
				me, err := api.GetCurrentUserInfoWithResponse(t.Context())
				if err == nil {
					err = authflow.ErrorOf(me.HTTPResponse)
				}
				return err
			},
			"a login": func(_ *authflow.Flow, api *gen.ClientWithResponses) error {
				in, err := api.LoginWithResponse(t.Context(), gen.LoginRequest{Username: "bob", Password: "of-bob-1"})
				if err == nil {
					err = authflow.ErrorOf(in.HTTPResponse)
				}
				return err
			},
		} {
			var armed atomic.Bool
			f := on(t, func(r *http.Request) (*http.Response, error) {
				switch {
				case !armed.Load():
					return fresh(r, "tok"), nil
				case r.URL.Path == "/moved":
					return reply(r, 302, "", "Location", "https://elsewhere.example/"), nil
				}
				return base(r)
			}, once)
			mustCarry(t, f)
			armed.Store(true)
			if err := use(f, f.API()); err == nil {
				t.Errorf("%s, for %s: no error", name, what)
			}
		}
	}
}

// L5: CloseIdleConnections reaches the base through each of the clients.
func TestL5_CloseIdleConnections_ClosesThem(t *testing.T) {
	closed := make(chan struct{}, 10)
	server := httptest.NewUnstartedServer(authtest.New())
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	cluster, err := authflow.New(server.URL, authflow.WithHTTPClient(server.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
	if err != nil {
		t.Fatal(err)
	}
	f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		t.Fatal(err)
	}
	for name, idle := range map[string]interface{ CloseIdleConnections() }{
		"HTTPClient": f.HTTPClient(), "the user's client": client(f),
		"a client around both": &http.Client{Transport: f.HTTPClient().Transport},
	} {
		mustGet(t, f)
		idle.CloseIdleConnections()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the connection is still open", name)
		}
	}
}

// An address with a trailing slash is the address of the same server. Addresses
// that the caller builds from URL or Server are valid.
func TestCluster_AddressWithTrailingSlashes_IsTheSameServer(t *testing.T) {
	for _, end := range []string{"", "/", "//"} {
		sim := authtest.New()
		cluster, err := authflow.New(sim.URL+end, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
		if err != nil {
			t.Fatal(err)
		}
		f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{f.Server(), cluster.URL()} {
			if got, err := text(f, request(t, at+apiX)); err != nil || !strings.Contains(got, authtest.DefaultUsername) {
				t.Errorf("%q: %q, %v", at, got, err)
			}
			api, err := gen.NewClientWithResponses(at, gen.WithHTTPClient(f))
			if err != nil {
				t.Fatal(err)
			}
			if me, err := api.GetCurrentUserInfoWithResponse(t.Context()); err != nil || me.JSON200 == nil {
				t.Errorf("%q, by a client: %v", at, err)
			}
		}
	}
}

// X3: the server's error text is not changed, even if a short password or cookie
// value occurs in it.
func TestX3_ErrorTextOfTheServer_IsNotChanged(t *testing.T) {
	const said = "75 bytes were bad in row 1 of 62"
	const incident = "0b1b-4c55ff63-bad1"
	body := `{"error":{"message":{"code":7,"incident_id_guid":"` + incident + `","trace_id_guid":"b1","debug":"` + said + `"}}}`
	for _, password := range []gen.Secret{"1b", "ad", "5 ", "4c55"} {
		f, err := fakeCluster(t, func(r *http.Request) (*http.Response, error) { return reply(r, 500, body), nil }, once).
			Session(gen.LoginRequest{Username: "ann", Password: password})
		if err != nil {
			t.Fatal(err)
		}
		var e *authflow.Error
		if err := f.Renew(t.Context()); !errors.As(err, &e) || e.Debug != said || e.IncidentID != incident || e.TraceID != "b1" {
			t.Errorf("password %q: %v", string(password), err)
		}
	}
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok-1"), nil
		}
		return reply(r, 500, body), nil
	})
	req := request(t, fakeURL+apiX)
	req.Header.Set("Cookie", "row=1; ok=tr; lang=a; bad=ad")
	resp, err := f.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	var e *authflow.Error
	if err := authflow.ErrorOf(resp); !errors.As(err, &e) || e.Debug != said {
		t.Errorf("%v", err)
	}
}

// X2: a Flow buffers at most 1 MiB of a response of any size. A caller that reads
// the whole body gets the whole body.
func TestX2_HugeErrorResponse_IsNotBuffered(t *testing.T) {
	const size = 40 << 20
	huge := func() io.Reader {
		return io.MultiReader(strings.NewReader(`{"error":{"message":"`), bytes.NewReader(bytes.Repeat([]byte("x"), size)))
	}
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		resp := reply(r, 500, "")
		resp.Body = io.NopCloser(huge())
		return resp, nil
	})
	for _, asked := range []bool{false, true} {
		resp, err := f.Do(request(t, fakeURL+apiX))
		if err != nil {
			t.Fatal(err)
		}
		before := heap()
		if asked && authflow.ErrorOf(resp) == nil {
			t.Error("no error")
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if cost := heap() - before; err != nil || n != size+21 || cost > 16<<20 {
			t.Errorf("ErrorOf called before: %v: %d bytes, %v, at a cost of %d", asked, n, err, cost)
		}
		if authflow.ErrorOf(resp) == nil {
			t.Error("no error after the body was read")
		}
		_ = resp.Body.Close()
	}
	if me, err := f.API().GetCurrentUserInfoWithResponse(t.Context()); err == nil || me != nil {
		t.Errorf("the API read the whole body: %v", err)
	}
}
