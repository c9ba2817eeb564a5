package authflow_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// A Flow that no method of a Cluster made fails where it is used, and not in a
// goroutine of this package, which would end the process.
func TestR10_ZeroFlow_FailsInTheGoroutineOfItsCaller(t *testing.T) {
	for name, use := range map[string]func(*authflow.Flow) error{
		"Token":     func(f *authflow.Flow) error { _, err := f.Token(t.Context()); return err },
		"Exclusive": func(f *authflow.Flow) error { _, err := f.Token(t.Context(), authflow.Exclusive()); return err },
		"Renew":     func(f *authflow.Flow) error { return f.Renew(t.Context()) },
		"Edit":      func(f *authflow.Flow) error { return f.Edit(t.Context(), request(t, fakeURL+apiX)) },
		"Do":        func(f *authflow.Flow) error { _, err := f.Do(request(t, fakeURL+apiX)); return err }, //nolint:bodyclose // there is none
		"Logout":    func(f *authflow.Flow) error { return f.Logout(t.Context()) },
		"API": func(f *authflow.Flow) error {
			_, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
			return err
		},
		"a child": func(f *authflow.Flow) error { _, err := f.SessionToken().Token(t.Context()); return err },
	} {
		synctest.Test(t, func(t *testing.T) {
			for range 2 {
				var f authflow.Flow
				f.Invalidate(authflow.Token{Value: "tok"})
				err := recovered(func() error { return use(&f) })
				if err == nil {
					t.Errorf("%s: no error and no panic", name)
				}
				synctest.Wait()
			}
		})
	}
	var f authflow.Flow
	if err := f.Renew(t.Context()); !errors.Is(err, authflow.ErrInvalid) {
		t.Errorf("Renew: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

var errPanicked = errors.New("panicked")

// recovered calls f and returns a panic as an error.
func recovered(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return f()
}
