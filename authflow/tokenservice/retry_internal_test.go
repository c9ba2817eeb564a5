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

// U2: an earlier sign-out neither replaces nor settles the debt of a later one.
func TestU2_EarlierSignOut_LeavesTheDebtOfALaterOneAlone(t *testing.T) {
	us := newTestUsers(t, 10)
	u := us.use("ann")
	earlier := time.Now()
	later := earlier.Add(time.Second)
	var rs retries
	rs.add(us, u, owed{at: later, everywhere: true, inStore: true})
	rs.add(us, u, owed{at: earlier, tokens: true})
	if o := rs.users["ann"].owed; o != (owed{at: later, everywhere: true, inStore: true, tokens: true}) {
		t.Errorf("after an earlier sign-out that failed: %+v", o)
	}
	rs.settle(us, u, earlier, false)
	if !rs.owesSignOut(u) {
		t.Error("an earlier sign-out that succeeded settles the later one")
	}
	rs.settle(us, u, later, false)
	if rs.owesSignOut(u) || rs.count() != 0 {
		t.Error("the sign-out is owed after it has succeeded")
	}
}
