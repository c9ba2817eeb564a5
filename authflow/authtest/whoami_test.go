package authtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestSessionToken(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(1)), authtest.WithOrg(1, "Sales"))
	c := cookie(call(t, sim, login, annPW).sessionCookies(t))
	first, second := token(t, sim, myToken, "", c), token(t, sim, myToken, "", c)
	if first.Token == second.Token {
		t.Error("the same token twice")
	}
	if life := first.ExpirationTimeInMillis - first.CreationTimeInMillis; life != 24*3600*1000 {
		t.Errorf("valid for %d ms, want 24 h", life)
	}
	if first.Scope != nil || first.ValidForUsername != "ann" {
		t.Errorf("token %+v", first)
	}
	var e authtest.EchoAnswer
	call(t, sim, search, `{}`, bearer(first.Token)).decode(t, &e)
	if e.TokenKind != authtest.KindSession || e.OrgID != 1 {
		t.Errorf("the token's call is %+v", e)
	}

	mine := token(t, sim, full, trusted(`,"org_id":1`))
	sim.Advance(time.Minute)
	got, again := token(t, sim, myToken, "", bearer(mine.Token)), token(t, sim, myToken, "", bearer(mine.Token))
	if got.Token == mine.Token || got.Token == again.Token || got.ExpirationTimeInMillis-got.CreationTimeInMillis != 24*3600*1000 {
		t.Errorf("a caller with a token gets no new one of 24 h")
	}

	// A token that an object access token obtains reads the same object.
	one := token(t, sim, object, trusted(`,"object_id":"o-1"`))
	next := token(t, sim, myToken, "", bearer(one.Token))
	call(t, sim, search, `{}`, bearer(next.Token)).decode(t, &e)
	var valid gen.TokenValidationResponse
	call(t, sim, validate, `{"token":"`+string(next.Token)+`"}`, bearer(next.Token)).decode(t, &valid)
	if e.TokenKind != authtest.KindObject || valid.Scope.MetadataID != "o-1" || next.Token == one.Token {
		t.Errorf("issued to an object access token: %s of %q", e.TokenKind, valid.Scope.MetadataID)
	}

	sim = authtest.New(ann(), authtest.WithSameSessionToken())
	mine = token(t, sim, full, annPW)
	sim.Advance(time.Minute)
	got = token(t, sim, myToken, "", bearer(mine.Token))
	if got.Token != mine.Token || got.CreationTimeInMillis != mine.CreationTimeInMillis || got.ExpirationTimeInMillis != mine.ExpirationTimeInMillis {
		t.Errorf("a caller with a token gets another, or other times")
	}
}

func TestCurrentUser(t *testing.T) {
	sim := authtest.New(
		ann(authtest.InOrgs(0, 1), authtest.InGroups("Analyst"), authtest.Privileges("DEVELOPER"),
			authtest.Email("ann@x"), authtest.DisplayName("Ann"), authtest.UserID("u-1")),
		authtest.WithGroup("Analyst", "DATADOWNLOADING"), authtest.WithOrg(1, "Sales"),
	)
	tok := token(t, sim, full, trusted(`,"org_id":1`))
	u := whoIs(t, sim, bearer(tok.Token))
	if u.ID != "u-1" || u.Name != "ann" || u.DisplayName != "Ann" || u.Email != "ann@x" || u.AccountType != "LOCAL_USER" ||
		u.AccountStatus != "ACTIVE" || u.CurrentOrg.Name != "Sales" || len(u.Orgs) != 2 || u.SuperUser || !u.IsFirstLogin ||
		strings.Join(u.Privileges, ",") != "DATADOWNLOADING,DEVELOPER" || u.UserGroups[0].ID != sim.GroupID("Analyst") {
		t.Errorf("%+v", u)
	}
	if got := int64(u.ExpirationTimeInMillis); got != int64(tok.ExpirationTimeInMillis)/1000 {
		t.Errorf("expires at %d, want seconds", got)
	}
	call(t, sim, login, annPW)
	if u := whoIs(t, sim, bearer(tok.Token)); u.IsFirstLogin || u.FirstLoginTimeInMillis == 0 {
		t.Error("the login has left no trace")
	}
	if a := call(t, sim, "PUT "+base+"auth/session/user", ""); a.status != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", a.status)
	}
}
