package authtest_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestTokensAndSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(ann(), authtest.WithOrg(1, "Sales"))
		a := call(t, sim, custom, trusted(`,"persist_option":"NONE","validity_time_in_sec":600,"parameter_values":[{"name":"p","values":["v"]}]`))
		want(t, a, 200)
		var made gen.AccessToken
		a.decode(t, &made)
		begun := call(t, sim, login, `{}`, bearer(made.Token))
		time.Sleep(time.Second) // fake clock
		call(t, sim, whoami, "", cookie(begun.sessionCookies(t)))
		plain := token(t, sim, object, trusted(`,"object_id":"o"`))
		call(t, sim, login, `{"username":"ann","password":"pw","remember_me":true}`)

		tokens, sessions := sim.Tokens(), sim.Sessions()
		if len(tokens) != 2 || len(sessions) != 2 {
			t.Fatalf("%v and %v", tokens, sessions)
		}
		c, o := tokens[0], tokens[1]
		if c.Value != made.Token || c.ID != made.ID || c.Kind != authtest.KindCustom || c.User != "ann" ||
			c.PersistOption != gen.PersistOptionNone || len(c.Rules.ParameterValues) != 1 || c.Expires.Sub(c.Created) != 10*time.Minute {
			t.Errorf("the custom token is %+v", c)
		}
		if o.Value != plain.Token || o.Kind != authtest.KindObject || o.ObjectID != "o" || o.Rules.ParameterValues != nil {
			t.Errorf("the object token is %+v", o)
		}
		s, r := sessions[0], sessions[1]
		if s.TokenID != c.ID || s.User != "ann" || s.Used.Sub(s.Begun) != time.Second || s.Expires.Sub(s.Used) != 3*time.Hour ||
			s.RememberMe || s.Rules.ParameterValues != nil || !strings.Contains(begun.sessionCookies(t), "JSESSIONID="+string(s.SessionID)+"; clientId="+string(s.ClientID)) {
			t.Errorf("the session of the token is %+v", s)
		}
		if r.TokenID != "" || !r.RememberMe || r.Expires.Sub(r.Begun) != 7*24*time.Hour {
			t.Errorf("the session of the password is %+v", r)
		}

		// A copy is the test's own.
		c.Rules.ParameterValues[0].Values[0] = "x"
		if b, _ := json.Marshal(sim.Tokens()[0].Rules); !strings.Contains(string(b), `"v"`) {
			t.Errorf("the rules have changed: %s", b)
		}

		sim.Advance(10 * time.Minute)
		if got := sim.Tokens(); len(got) != 0 {
			t.Errorf("expired tokens are shown: %v", got)
		}
		sim.Advance(4 * time.Hour)
		if got := sim.Sessions(); len(got) != 1 || got[0].SessionID != r.SessionID {
			t.Errorf("after four hours: %v", got)
		}
	})
}

// X3: what is shown of tokens and sessions can be printed.
func TestPrintingTokensAndSessions(t *testing.T) {
	sim := authtest.New(ann())
	tok := token(t, sim, full, annPW)
	call(t, sim, login, annPW)
	for _, list := range []any{sim.Tokens(), sim.Sessions()} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			var b strings.Builder
			fmt.Fprintf(&b, format, list)
			slog.New(slog.NewTextHandler(&b, nil)).Info("x", "list", list)
			for _, secret := range []gen.Secret{tok.Token, sim.Sessions()[0].SessionID, sim.Sessions()[0].ClientID} {
				if strings.Contains(b.String(), string(secret)) {
					t.Errorf("%s prints %s", format, b.String())
				}
			}
		}
	}
}

func TestRevokingOne(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithUser("bob", "pw"))
	const bobPW = `{"username":"bob","password":"pw"}`
	first, second, bobs := token(t, sim, full, annPW), token(t, sim, full, annPW), token(t, sim, full, bobPW)
	session := cookie(call(t, sim, login, annPW).sessionCookies(t))
	alive := func(h header, wanted bool) {
		t.Helper()
		if got := call(t, sim, whoami, "", h).status == 200; got != wanted {
			t.Errorf("alive: %t, want %t", got, wanted)
		}
	}
	if !sim.RevokeToken(string(first.Token)) || sim.RevokeToken(string(first.Token)) || sim.RevokeToken("x") {
		t.Error("RevokeToken does not tell which tokens it ends")
	}
	alive(bearer(first.Token), false)
	alive(bearer(second.Token), true)
	for _, one := range sim.Tokens() {
		if one.User == "ann" && !sim.RevokeToken(one.ID) {
			t.Error("no token of that ID")
		}
	}
	alive(bearer(second.Token), false)
	alive(session, true)
	third := token(t, sim, full, annPW)
	sim.RevokeUser("ann")
	alive(bearer(third.Token), false)
	alive(session, false)
	alive(bearer(bobs.Token), true)
	want(t, call(t, sim, full, annPW), 200)
	expired := token(t, sim, full, annPW)
	sim.Advance(time.Hour)
	if sim.RevokeToken(string(expired.Token)) {
		t.Error("an expired token was in force")
	}
}
