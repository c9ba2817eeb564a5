package pool_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
)

func TestU1_CallersOfOneKey_ShareOneCreation(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.before = slowly
		flows := make([]*authflow.Flow, 500)
		var callers sync.WaitGroup
		for i := range flows {
			callers.Go(func() {
				f, err := u.Get(t.Context(), "ann")
				if err != nil {
					t.Error(err)
				}
				flows[i] = f
			})
		}
		callers.Wait()
		if n := len(slices.Compact(flows)); n != 1 || u.calls("ann") != 1 {
			t.Errorf("%d calls of create, %d flows", u.calls("ann"), n)
		}
		if s := u.Stats(); s.Created != 1 || s.Flows != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestU1_KeyOfStructType_IsEqualByItsFields(t *testing.T) {
	type key struct {
		user string
		org  int
	}
	inBubble(t, nil, func(t *testing.T, u *users) {
		p, err := pool.New(func(_ context.Context, k key) (*authflow.Flow, error) { return u.flow(fmt.Sprint(k.user, k.org)) })
		if err != nil {
			t.Fatal(err)
		}
		flows := map[*authflow.Flow]bool{}
		for range 3 {
			for _, k := range []key{{"ann", 1}, {"ann", 2}, {"bob", 1}} {
				f, err := p.Get(t.Context(), k)
				if err != nil {
					t.Fatal(err)
				}
				flows[f] = true
			}
		}
		if len(flows) != 3 || p.Stats().Created != 3 {
			t.Errorf("%d flows, %+v", len(flows), p.Stats())
		}
		if err := p.Forget(t.Context(), key{"ann", 1}); err != nil || p.Stats().Flows != 2 {
			t.Errorf("%v, %+v", err, p.Stats())
		}
	})
}

// A key that is not equal to itself could be neither found nor removed again.
func TestU1_KeyThatIsNotEqualToItself_IsRejected(t *testing.T) {
	p, err := pool.New(func(context.Context, float64) (*authflow.Flow, error) { return new(authflow.Flow), nil })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		f, err := p.Get(t.Context(), math.NaN())
		if f != nil || !errors.Is(err, authflow.ErrInvalid) || p.Stats().Created != 0 {
			t.Errorf("%v, %v, %+v", f, err, p.Stats())
		}
	}
}

// Users who close their flow, or log it out, get another one.
func TestU1_FlowThatItsUserClosed_IsReplaced(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		for name, end := range map[string]func(*authflow.Flow) error{
			"Close":  (*authflow.Flow).Close,
			"Logout": func(f *authflow.Flow) error { return f.Logout(t.Context()) },
		} {
			for range 3 {
				replaced := u.Stats().Replaced
				f := u.mustGet(t, "ann")
				if err := end(f); err != nil {
					t.Fatal(err)
				}
				next := u.mustGet(t, "ann")
				if next == f || next.Closed() {
					t.Errorf("%s: the closed flow was returned", name)
				}
				if mustToken(t, next).Username != "ann" || u.Stats().Replaced != replaced+1 || u.Stats().Flows != 1 {
					t.Errorf("%s: %+v", name, u.Stats())
				}
			}
		}
	})
}

func TestX5_InvalidOption_IsNamed(t *testing.T) {
	create := func(context.Context, string) (*authflow.Flow, error) { return nil, nil }
	for want, make := range map[string]func() (*pool.Pool[string], error){
		"create":       func() (*pool.Pool[string], error) { return pool.New[string](nil) },
		"WithMaxFlows": func() (*pool.Pool[string], error) { return pool.New(create, pool.WithMaxFlows(0)) },
		"WithIdle":     func() (*pool.Pool[string], error) { return pool.New(create, pool.WithIdle(-1)) },
	} {
		p, err := make()
		if p != nil || !errors.Is(err, authflow.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", want, p, err)
		}
	}
}
