package tokenservice

import (
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// U2: a token that arrived late could not be revoked, while a sign-out that had not seen
// it succeeds. The token is still owed.
func TestU2_SignOutThatSucceeds_LeavesALateTokenOwed(t *testing.T) {
	cluster, err := authflow.New("https://ts.example", authflow.WithSecretKey("key"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(cluster, func(*http.Request) (Request, error) { return Request{}, ErrUnauthenticated })
	if err != nil {
		t.Fatal(err)
	}
	u := s.users.use("ann")
	late := tokenOf(1, 20)
	late.isEnding = true
	u.add(late)
	s.retries.add(s.users, u, owed{tokens: true})
	if err := s.conclude(u, owed{at: time.Now()}, time.Time{}, nil); err != nil || !s.retries.owesSignOut(u) {
		t.Errorf("the token is forgotten: %v", err)
	}
	u.alive = nil
	if err := s.conclude(u, owed{at: time.Now()}, time.Time{}, nil); err != nil || s.retries.owesSignOut(u) {
		t.Errorf("a token that was revoked is owed: %v", err)
	}
}
