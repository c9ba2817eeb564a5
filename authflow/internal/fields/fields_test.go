package fields

import (
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

func TestX5_Problem_NamesTheFirstFieldThatTheServerWouldNotAccept(t *testing.T) {
	rule := func(value gen.FilterValue) *gen.GetCustomAccessTokenRequest {
		return &gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionReplace,
			VariableValues: []gen.VariableValues{{Name: "region", Values: []gen.FilterValue{"North", value}}}}
	}
	for name, c := range map[string]struct {
		req            any
		field, problem string
	}{
		"nothing":              {rule(7), "", ""},
		"control in a value":   {rule("a\tb"), "", ""}, // as the data of the cluster may have it
		"required text":        {&gen.GetFullAccessTokenRequest{}, "username", "must not be empty"},
		"item of a list":       {&gen.GetFullAccessTokenRequest{Username: "ann", GroupIdentifiers: []string{"a", ""}}, "group_identifiers[1]", "must not be empty"},
		"line break":           {&gen.GetFullAccessTokenRequest{Username: "ann\n"}, "username", "ends in a line break"},
		"not UTF-8":            {&gen.GetFullAccessTokenRequest{Username: "m\xfcller"}, "username", "is not valid UTF-8"},
		"value that is null":   {rule(nil), "variable_values[0].values[1]", "must be a string, boolean or number, and not null"},
		"value of bytes":       {rule([]byte("West")), "variable_values[0].values[1]", "must be a string, boolean or number, and not a []uint8"},
		"value that not UTF-8": {rule("K\xf6ln"), "variable_values[0].values[1]", "is not valid UTF-8"},
		"no values": {&gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionReplace,
			VariableValues: []gen.VariableValues{{Name: "region"}}}, "variable_values[0].values", "is required"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				field, problem := Problem(c.req)
				if field != c.field || problem != c.problem {
					t.Errorf("%q %q, want %q %q", field, problem, c.field, c.problem)
				}
			}
		})
	}
}
