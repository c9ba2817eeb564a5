package authtest_test

import (
	"reflect"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The rules of NONE hold with the token, and with one that is issued to it; a
// session begun with it has the rules that the user had.
func TestRulesOfNoneStayWithTheToken(t *testing.T) {
	rule := func(column string) *authtest.Properties {
		return &authtest.Properties{FilterRules: []gen.FilterRule{{
			ColumnName: column, Operator: "EQ", Values: []gen.FilterValue{"TS_WILDCARD_ALL", "TS_WILDCARD_NONE"},
		}}}
	}
	sim := authtest.New(ann())
	holdsFor := func(what string, with header, want *authtest.Properties) {
		t.Helper()
		if e := echoed(t, sim, with); !reflect.DeepEqual(e.Rules, want) {
			t.Errorf("%s: %+v hold", what, e.Rules)
		}
	}
	customRules := func(option, column string) gen.Secret {
		return customToken(t, sim, `,"persist_option":"`+option+`","filter_rules":[{"column_name":"`+column+
			`","operator":"EQ","values":["TS_WILDCARD_ALL","TS_WILDCARD_NONE"]}]`).Token
	}
	session := func(tok gen.Secret) header {
		return cookie(call(t, sim, login, `{}`, bearer(tok)).sessionCookies(t))
	}
	none := customRules("NONE", "none")
	holdsFor("session of NONE, nothing stored", session(none), nil)
	replace := customRules("REPLACE", "stored")
	holdsFor("NONE", bearer(none), rule("none"))
	holdsFor("issued to NONE", bearer(token(t, sim, myToken, "", bearer(none)).Token), rule("none"))
	holdsFor("session of NONE", session(none), rule("stored"))
	holdsFor("REPLACE", bearer(replace), rule("stored"))
	holdsFor("session of REPLACE", session(replace), rule("stored"))
	holdsFor("full", bearer(token(t, sim, full, annPW).Token), rule("stored"))
	reset := customRules("RESET", "reset")
	holdsFor("RESET", bearer(reset), nil)
	holdsFor("session after RESET", session(replace), nil)
}

// Rules that are stored in one Org hold there alone.
func TestRulesHoldInTheirOrg(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1)), authtest.WithOrg(1, "Sales"))
	tok := customToken(t, sim, `,"persist_option":"APPEND","org_identifier":"1","variable_values":[{"name":"v","values":["x"]}]`)
	if e := echoed(t, sim, bearer(tok.Token)); e.Rules == nil || e.Rules.VariableValues[0].Name != "v" {
		t.Errorf("in Org 1 hold %+v", e.Rules)
	}
	if e := echoed(t, sim, bearer(token(t, sim, full, trusted(`,"org_id":0`)).Token)); e.Rules != nil {
		t.Errorf("in Org 0 hold %+v", e.Rules)
	}
}
