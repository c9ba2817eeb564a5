package authtest_test

import (
	"reflect"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func echoed(t *testing.T, sim *authtest.Simulator, with header) authtest.EchoAnswer {
	t.Helper()
	a := call(t, sim, search, `{}`, with)
	want(t, a, 200)
	var e authtest.EchoAnswer
	a.decode(t, &e)
	return e
}

// Of the user parameters those with persist are stored; all of them hold for
// the token.
func TestUserParametersPersistOneByOne(t *testing.T) {
	for _, op := range []string{full, object} {
		t.Run(op, func(t *testing.T) {
			sim := authtest.New(ann())
			tok := token(t, sim, op, trusted(`,"object_id":"x","user_parameters":{"objects":[{"identifier":"o"}],
				"runtime_filters":[{"column_name":"a","operator":"GE","values":["1"],"persist":true},
					{"column_name":"a","operator":"LE","values":["2"],"persist":true,"objects":[{"identifier":"own"}]},{"column_name":"b","operator":"EQ","values":[]}],
				"runtime_sorts":[{"column_name":"s","order":"ASC","persist":true},{"column_name":"r","order":"ASC","persist":false}],
				"parameters":[{"name":"p","values":["1"],"persist":true},{"name":"q","values":["1"]}]}`))
			general, own := []gen.ObjectIdentifier{{Identifier: "o"}}, []gen.ObjectIdentifier{{Identifier: "own"}}
			stored := &gen.UserParameters{
				RuntimeFilters: []gen.RuntimeFilter{
					{ColumnName: "a", Operator: "GE", Values: []string{"1"}, Persist: true, Objects: general},
					{ColumnName: "a", Operator: "LE", Values: []string{"2"}, Persist: true, Objects: own},
				},
				RuntimeSorts: []gen.RuntimeSort{{ColumnName: "s", Order: "ASC", Persist: true, Objects: general}},
				Parameters:   []gen.RuntimeParameter{{Name: "p", Values: []string{"1"}, Persist: true, Objects: general}},
			}
			if u, _ := sim.User("ann"); !reflect.DeepEqual(u.UserParameters, stored) {
				t.Errorf("stored %+v\nwant %+v", u.UserParameters, stored)
			}
			if e := echoed(t, sim, bearer(tok.Token)); len(e.UserParameters.RuntimeFilters) != 3 || len(e.UserParameters.Parameters) != 2 {
				t.Errorf("with the token hold %+v", e.UserParameters)
			}
			session := cookie(call(t, sim, login, annPW).sessionCookies(t))
			if e := echoed(t, sim, session); !reflect.DeepEqual(e.UserParameters, stored) {
				t.Errorf("in a session hold %+v", e.UserParameters)
			}
			if u := whoIs(t, sim, session); u.UserParameters == nil {
				t.Error("session/user does not tell")
			}

			// A new value replaces a stored one of the same name.
			token(t, sim, op, trusted(`,"object_id":"x","user_parameters":{"parameters":[{"name":"p","values":["9"],"persist":true}]}`))
			token(t, sim, op, trusted(`,"object_id":"x"`))
			stored.Parameters = []gen.RuntimeParameter{{Name: "p", Values: []string{"9"}, Persist: true}}
			if u, _ := sim.User("ann"); !reflect.DeepEqual(u.UserParameters, stored) {
				t.Errorf("stored %+v\nwant %+v", u.UserParameters, stored)
			}
		})
	}
}

func TestUserParametersWithoutPersistAreTheTokens(t *testing.T) {
	sim := authtest.New(ann())
	tok := token(t, sim, full, trusted(`,"user_parameters":{"runtime_filters":[{"column_name":"c","operator":"EQ","values":["v"]}]}`))
	if u, _ := sim.User("ann"); u.UserParameters != nil {
		t.Errorf("stored %+v", u.UserParameters)
	}
	if e := echoed(t, sim, bearer(tok.Token)); e.UserParameters == nil {
		t.Error("the token is without")
	}
	session := cookie(call(t, sim, login, `{}`, bearer(tok.Token)).sessionCookies(t))
	if e := echoed(t, sim, session); e.UserParameters != nil {
		t.Errorf("a session has %+v", e.UserParameters)
	}
}
