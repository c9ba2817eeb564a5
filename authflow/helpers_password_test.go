package authflow_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// watched is a server on which ann's account is looked at after each call: it must
// be ACTIVE at every moment. User names are the same to it in any case, and with
// spaces around them.
type watched struct {
	*authtest.Simulator
	mu    sync.Mutex
	calls []time.Time
}

func watch(t *testing.T, opts ...authtest.Option) *watched {
	w := &watched{}
	var once sync.Once
	w.Simulator = authtest.New(append([]authtest.Option{
		authtest.WithUser("ann", "right"),
		authtest.WithObserver(func(c authtest.Call) {
			w.mu.Lock()
			w.calls = append(w.calls, c.Began)
			n := len(w.calls)
			w.mu.Unlock()
			if u, _ := w.User("ann"); u.Status != gen.AccountStatusActive {
				once.Do(func() { t.Errorf("the account is %s after %d calls, at %v", u.Status, n, c.Began) })
			}
		}),
	}, opts...)...)
	return w
}

// RoundTrip implements http.RoundTripper.
func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.GetBody == nil {
		return w.Transport().RoundTrip(r)
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	for _, name := range []string{"ANN", " Ann "} {
		text = bytes.Replace(text, []byte(`"`+name+`"`), []byte(`"ann"`), 1)
	}
	out.Body, out.GetBody, out.ContentLength = io.NopCloser(bytes.NewReader(text)), nil, int64(len(text))
	return w.Transport().RoundTrip(out)
}

// expectAtMost fails the test if more than most calls came within an hour.
func (w *watched) expectAtMost(t *testing.T, most int) {
	t.Helper()
	for i := range w.calls {
		if i >= most && w.calls[i].Sub(w.calls[i-most]) < time.Hour {
			t.Fatalf("%d passwords were sent within %v", most+1, w.calls[i].Sub(w.calls[i-most]))
		}
	}
}

func (w *watched) cluster(t *testing.T) *authflow.Cluster {
	t.Helper()
	return clusterOf(t, w.Simulator, authflow.WithHTTPClient(&http.Client{Transport: w}))
}

// flows returns n Flows of ann, by every method that takes a password. The password
// is given, or else supplied by fn.
func (w *watched) flows(t *testing.T, n int, password gen.Secret, fn authflow.CredentialFunc) []*authflow.Flow {
	t.Helper()
	c := w.cluster(t)
	list := make([]*authflow.Flow, n)
	var opts []authflow.FlowOption
	if fn != nil {
		opts = append(opts, authflow.WithPassword(fn))
	}
	for i := range list {
		name := []string{"ann", "ANN", " Ann "}[i%3]
		var err error
		switch i % 5 {
		case 0, 4:
			list[i], err = c.Session(gen.LoginRequest{Username: name, Password: password, RememberMe: i%2 == 0}, opts...)
		case 1:
			list[i], err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: name, Password: password}, opts...)
		case 2:
			list[i], err = c.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: name, Password: password, ObjectID: "o"}, opts...)
		case 3:
			list[i], err = c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: name, Password: password, PersistOption: gen.PersistOptionNone}, opts...)
		}
		if err != nil {
			t.Fatal(err)
		}
		if i%5 == 4 {
			list[i] = list[i].SessionToken()
		}
	}
	return list
}

// session returns a Flow on a session of ann with a password.
func (w *watched) session(t *testing.T, c *authflow.Cluster, password gen.Secret) *authflow.Flow {
	t.Helper()
	f, err := c.Session(gen.LoginRequest{Username: "ann", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// allAsk lets all flows ask at once, in turn in each of the ways to use a Flow, and
// fails the test if one is served.
func allAsk(t *testing.T, flows []*authflow.Flow, way int) {
	t.Helper()
	allAtOnce(flows, func(i int, f *authflow.Flow) {
		if ask(t.Context(), f, way+i) == nil {
			t.Error("a wrong password works")
		}
	})
}
