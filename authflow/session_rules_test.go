package authflow_test

import (
	"errors"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// confinedFlow is a Flow whose token has rules, and the field that a Session of it
// is rejected for, or "".
type confinedFlow struct {
	flow  func(*authflow.Cluster) (*authflow.Flow, error)
	field string
}

// A session would see what the rules of the token hide.
func TestS6_TokenWhoseRulesReachNoSession_HasNoSession(t *testing.T) {
	t.Parallel()
	custom := func(persist gen.PersistOption, rules ...gen.FilterRule) func(*authflow.Cluster) (*authflow.Flow, error) {
		return func(c *authflow.Cluster) (*authflow.Flow, error) {
			return c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: authtest.DefaultUsername, PersistOption: persist, FilterRules: rules})
		}
	}
	full := func(rules gen.UserParameters) func(*authflow.Cluster) (*authflow.Flow, error) {
		return func(c *authflow.Cluster) (*authflow.Flow, error) {
			return c.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername, UserParameters: &rules})
		}
	}
	object := func(rules gen.UserParameters) func(*authflow.Cluster) (*authflow.Flow, error) {
		return func(c *authflow.Cluster) (*authflow.Flow, error) {
			return c.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: authtest.DefaultUsername, ObjectID: "o", UserParameters: &rules})
		}
	}
	rule := gen.FilterRule{ColumnName: "Region", Operator: gen.FilterOperatorEQ, Values: []gen.FilterValue{"North"}}
	filter := gen.UserParameters{RuntimeFilters: []gen.RuntimeFilter{{ColumnName: "c", Operator: gen.FilterOperatorEQ, Values: []string{"1"}}}}
	persisted := gen.UserParameters{RuntimeFilters: []gen.RuntimeFilter{{ColumnName: "c", Operator: gen.FilterOperatorEQ, Values: []string{"1"}, Persist: true}}}
	sorts := gen.UserParameters{RuntimeSorts: []gen.RuntimeSort{{ColumnName: "c"}}}
	parameters := gen.UserParameters{Parameters: []gen.RuntimeParameter{{Name: "p", Values: []string{"1"}, Persist: true}, {Name: "q", Values: []string{"1"}}}}

	for name, c := range map[string]confinedFlow{
		"custom: NONE with a rule":         {custom(gen.PersistOptionNone, rule), "persist_option"},
		"custom: NONE without rules":       {custom(gen.PersistOptionNone), ""},
		"custom: REPLACE with a rule":      {custom(gen.PersistOptionReplace, rule), ""},
		"full: a filter":                   {full(filter), "user_parameters"},
		"full: a sort":                     {full(sorts), "user_parameters"},
		"full: a parameter":                {full(parameters), "user_parameters"},
		"full: a filter that is stored":    {full(persisted), ""},
		"full: no rules":                   {full(gen.UserParameters{}), ""},
		"object: a filter":                 {object(filter), "user_parameters"},
		"object: a sort":                   {object(sorts), "user_parameters"},
		"object: a parameter":              {object(parameters), "user_parameters"},
		"object: a filter that is stored":  {object(persisted), ""},
		"object: parameters without rules": {object(gen.UserParameters{}), ""},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f, err := c.flow(clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				_, ofSession := f.Session()
				_, ofToken := f.SessionToken().Token(t.Context())
				for _, err := range []error{ofSession, ofToken} {
					var e *authflow.Error
					rejected := errors.As(err, &e) && e.Field == c.field && errors.Is(err, authflow.ErrInvalid)
					if c.field == "" && err != nil || c.field != "" && !rejected {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
		})
	}
}
