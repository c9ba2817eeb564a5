package authflow_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// K4: nothing in the Store can be used without the key and the credential.

// storeUsers are ann, who is in two Orgs, and bob.
func storeUsers() []authtest.Option {
	return []authtest.Option{
		authtest.WithUser("ann", "right", authtest.InOrgs(0, 2)), authtest.WithUser("bob", "right"), authtest.WithOrg(2, "Sales"),
	}
}

// A request with other rules, another credential or another key does not find the
// token of ann.
func TestK4_OtherRequest_DoesNotFindTheToken(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		get := func(key []byte, req gen.GetFullAccessTokenRequest) (authflow.Token, error) {
			f, err := clusterOf(t, sim, authflow.WithStore(&s, key)).FullAccess(req)
			if err != nil {
				t.Fatal(err)
			}
			return f.Token(t.Context())
		}
		anns := gen.GetFullAccessTokenRequest{Username: "ann", Password: "right"}
		first, err := get(oneKey, anns)
		if err != nil {
			t.Fatal(err)
		}
		org := int32(2)
		for name, c := range map[string]struct {
			key []byte
			req gen.GetFullAccessTokenRequest
		}{
			"another key of the Store": {otherKey, anns},
			"another user":             {oneKey, gen.GetFullAccessTokenRequest{Username: "bob", Password: "right"}},
			"another Org":              {oneKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "right", OrgID: &org}},
			"another validity":         {oneKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "right", ValidityTimeInSec: 60}},
			"the secret key":           {oneKey, gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: authtest.DefaultSecretKey}},
			"a wrong password":         {oneKey, gen.GetFullAccessTokenRequest{Username: "ann", Password: "wrong"}},
		} {
			for range 2 {
				token, err := get(c.key, c.req)
				if (err != nil) != (c.req.Password == "wrong") || token.Value == first.Value {
					t.Errorf("%s: %v, %v", name, token, err)
				}
			}
		}
		if again, err := get(oneKey, anns); err != nil || again.Value != first.Value {
			t.Errorf("the same request: %v", err)
		}
		for _, name := range s.Names() {
			value, _, _ := s.Load(t.Context(), name)
			for _, secret := range []string{string(first.Value), "ann", "right", authtest.DefaultSecretKey} {
				if bytes.Contains(value, []byte(secret)) || strings.Contains(name, secret) {
					t.Errorf("%q can be read in the Store", secret)
				}
			}
		}
	}, storeUsers()...)
}

// The same holds for a password that a function supplies.
func TestK4_SuppliedPassword_FindsItsOwnTokenOnly(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		get := func(password gen.Secret) (authflow.Token, error) {
			f, err := process(t, sim, &s).FullAccess(gen.GetFullAccessTokenRequest{Username: "bob"},
				authflow.WithPassword(func(context.Context) (gen.Secret, error) { return password, nil }))
			if err != nil {
				t.Fatal(err)
			}
			return f.Token(t.Context())
		}
		first, err := get("right")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if token, err := get("wrong"); err == nil {
				t.Errorf("a wrong password gets %v", token)
			}
			if again, err := get("right"); err != nil || again.Value != first.Value {
				t.Errorf("the right password: %v", err)
			}
		}
	}, storeUsers()...)
}

// A value that is copied to the name of another user opens for nobody.
func TestK4_CopiedEntry_IsOfNoUse(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		mustToken(t, replica(t, sim, &s, "ann"))
		value, left, err := s.Load(t.Context(), s.Names()[0])
		if err != nil {
			t.Fatal(err)
		}
		mustToken(t, replica(t, sim, &s, "bob"))
		for range 2 {
			for _, name := range s.Names() {
				if err := s.Save(t.Context(), name, value, left); err != nil {
					t.Fatal(err)
				}
			}
			if token := mustToken(t, replica(t, sim, &s, "bob")); token.Username != "bob" {
				t.Errorf("bob gets the token of %q", token.Username)
			}
		}
	}, storeUsers()...)
}

// While the key is changed, processes with either order of keys share tokens and
// locks. Afterwards the old key opens nothing.
func TestK4_ChangeOfTheKey_CostsFewTokens(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		with := func(keys ...[]byte) *authflow.Flow {
			return userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithStore(&s, keys[0], keys[1:]...)), admin)
		}
		sim.SetLatency(300 * time.Millisecond)
		first, took := tokensOfAll(t, []*authflow.Flow{with(oneKey), with(otherKey, oneKey), with(otherKey, oneKey), with(oneKey)})
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > 2 || first > 2 || took > time.Second {
			t.Errorf("%d mints for processes with the old key and with both, in %v", n, took)
		}
		time.Sleep(5 * time.Minute) // fake clock
		second := mustToken(t, with(otherKey, oneKey))
		if third := mustToken(t, with(otherKey)); third.Value != second.Value {
			t.Error("a process with the new key alone gets another token")
		}
		if fourth := mustToken(t, with(oneKey, otherKey)); fourth.Value != second.Value {
			t.Error("a process with both keys in the other order gets another token")
		}
		if fifth := mustToken(t, with(oneKey)); fifth.Value == second.Value {
			t.Error("the old key opens what the new key has sealed")
		}
	})
}

func TestX5_WithStore_RejectsWhatCannotWork(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]authflow.Option{
		"no Store":        authflow.WithStore(nil, oneKey),
		"no key":          authflow.WithStore(&storetest.Memory{}, nil),
		"a short key":     authflow.WithStore(&storetest.Memory{}, oneKey[:16]),
		"a short old key": authflow.WithStore(&storetest.Memory{}, oneKey, []byte("x")),
	} {
		var e *authflow.Error
		if _, err := authflow.New(fakeURL, o); !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) || e.Field != "WithStore" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
