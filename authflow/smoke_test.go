package authflow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestSmoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		c, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
		if err != nil {
			t.Fatal(err)
		}
		f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
		if err != nil {
			t.Fatal(err)
		}
		get := func(f *authflow.Flow, body io.Reader) (int, error) {
			req, _ := http.NewRequestWithContext(t.Context(), "POST", sim.URL+"/api/rest/2.0/metadata/search", body)
			resp, err := f.Do(req)
			if err != nil {
				return 0, err
			}
			defer resp.Body.Close()
			return resp.StatusCode, nil
		}
		for i := range 1000 {
			if code, err := get(f, nil); code != 200 || err != nil {
				t.Fatal(i, code, err)
			}
			time.Sleep(time.Second)
		}
		fmt.Println("mints in 1000 s:", sim.Calls(authtest.OpGetFullAccessToken))
		sim.RevokeAll()
		if code, err := get(f, nil); code != 200 || err != nil {
			t.Fatal(code, err)
		}
		s, err := f.Session()
		if err != nil {
			t.Fatal(err)
		}
		if code, err := get(s, nil); code != 200 || err != nil {
			t.Fatal(code, err)
		}
		time.Sleep(4 * time.Hour)
		if code, err := get(s, struct{ io.Reader }{strings.NewReader("x")}); code != 200 || err != nil {
			t.Fatal(code, err)
		}
		st := s.SessionToken()
		tok, err := st.Token(t.Context())
		fmt.Println(tok, err)
		fmt.Println(st.Logout(t.Context()), s.Logout(t.Context()), f.Logout(t.Context()))
		_, err = get(f, nil)
		fmt.Println(err, errors.Is(err, authflow.ErrClosed))
	})
}

func TestSmokeWrongPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithUser("ann", "right"))
		c, _ := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()))
		var wg sync.WaitGroup
		for range 500 {
			f, err := c.Session(gen.LoginRequest{Username: "ann", Password: "wrong"})
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				for range 300 {
					_, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
					if err == nil {
						t.Error("?")
					}
					time.Sleep(time.Second)
				}
			})
		}
		wg.Wait()
		u, _ := sim.User("ann")
		fmt.Println(u.Status, sim.Calls(authtest.OpLogin))
		f, _ := c.Session(gen.LoginRequest{Username: "ann", Password: "wrong"})
		_, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
		fmt.Println(err)
	})
}
