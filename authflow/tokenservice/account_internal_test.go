package tokenservice

import (
	"errors"
	"math"
	"net/http"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// U1, at the moments that no request can be held at: an ask that began before the
// user was forgotten gets nothing, whatever step it is at, even if another one
// that began later has brought a token.
func TestU1AnAskFromBeforeForgetGetsNothingAtAnyStep(t *testing.T) {
	cluster, err := authflow.New("https://ts.example", authflow.WithSecretKey("key"))
	if err != nil {
		t.Fatal(err)
	}
	req := Full(gen.GetFullAccessTokenRequest{Username: "ann"})
	s, err := New(cluster, func(*http.Request) (Request, error) { return req, nil }, WithStaleIfError(1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Shutdown(t.Context()) }()
	begin := func() *ask {
		return &ask{service: s, req: req, number: s.asks.Add(1), account: s.account("ann")}
	}
	early, late := begin(), begin() // late has no seat when the user is forgotten
	early.takeSeat()
	if err := early.hand(authflow.Token{Value: "old"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Forget(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	after := begin()
	after.takeSeat()
	if _, ok := after.recent(math.MaxInt64, 0); ok {
		t.Error("the token of before is handed out")
	}
	if err := after.hand(authflow.Token{Value: "new"}); err != nil {
		t.Fatal(err)
	}
	late.takeSeat()
	for name, k := range map[string]*ask{"with a seat": early, "without a seat": late} {
		if f, _, err := k.flow(); f != nil || !errors.Is(err, errForgotten) {
			t.Errorf("%s: it may mint: %v, %v", name, f, err)
		}
		if tok, ok := k.recent(math.MaxInt64, 0); ok {
			t.Errorf("%s: it gets %q", name, string(tok.Value))
		}
		if err := k.hand(authflow.Token{Value: "mine"}); !errors.Is(err, errForgotten) {
			t.Errorf("%s: what it has brought is handed out: %v", name, err)
		}
	}
	if tok, ok := after.recent(math.MaxInt64, 0); !ok || tok.Value != "new" {
		t.Errorf("who asks afterwards gets %q", string(tok.Value))
	}
}
