package authtest

import (
	"slices"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Properties are the security rules of a user in an Org, or of a custom access
// token.
type Properties struct {
	FilterRules     []gen.FilterRule       `json:"filter_rules,omitempty"`
	ParameterValues []gen.ParameterValues  `json:"parameter_values,omitempty"`
	VariableValues  []gen.VariableValues   `json:"variable_values,omitempty"`
	Objects         []gen.ObjectIdentifier `json:"objects,omitempty"`
}

func propertiesOf(req *gen.GetCustomAccessTokenRequest) Properties {
	return Properties{req.FilterRules, req.ParameterValues, req.VariableValues, req.Objects}
}

// checkRules rejects rules that do not go together.
func checkRules(req *gen.GetCustomAccessTokenRequest) error {
	if err := checkPersistOption(req.PersistOption); err != nil {
		return err
	}
	switch option := req.PersistOption; {
	case req.VariableValues != nil && (option == gen.PersistOptionReset || option == gen.PersistOptionNone):
		return badRequest("variable_values: not together with persist_option %s", option)
	case req.Scope != nil && req.Scope.OrgScope != gen.OrgScopeSpecificOrgs:
		return badRequest("scope.org_scope: a custom access token takes %s alone", gen.OrgScopeSpecificOrgs)
	}
	for i, p := range req.ParameterValues {
		if len(p.Values) != 1 {
			return badRequest("parameter_values.%d.values: a Parameter takes one value", i)
		}
	}
	return nil
}

// persist changes what a user has stored in an Org when a custom access token
// with the rules r is made.
func (a *account) persist(org int32, option gen.PersistOption, r Properties) {
	p := a.properties[org].after(option, r)
	if p.empty() {
		delete(a.properties, org)
		return
	}
	if a.properties == nil {
		a.properties = make(map[int32]Properties)
	}
	a.properties[org] = p
}

// after returns what becomes of the stored properties p. REPLACE takes filter
// rules, parameter values and the objects that they apply to as the request has
// them, absent or not; RESET clears these. Variable values are on their own: an
// empty list replaces, an absent one leaves, and so does RESET.
func (p Properties) after(option gen.PersistOption, r Properties) Properties {
	switch option {
	case gen.PersistOptionReset:
		return Properties{VariableValues: p.VariableValues}
	case gen.PersistOptionAppend:
		return Properties{
			slices.Concat(p.FilterRules, r.FilterRules),
			merge(p.ParameterValues, r.ParameterValues, func(v gen.ParameterValues) string { return v.Name }),
			slices.Concat(p.VariableValues, r.VariableValues),
			slices.Concat(p.Objects, r.Objects),
		}
	case gen.PersistOptionReplace:
		if r.VariableValues == nil {
			r.VariableValues = p.VariableValues
		}
		return r
	case gen.PersistOptionNone:
	}
	return p
}

func (p Properties) empty() bool {
	return len(p.FilterRules)+len(p.ParameterValues)+len(p.VariableValues)+len(p.Objects) == 0
}

// rules are those that hold for a call: of a custom access token with NONE, its
// own; of every other token and of a session, those that the user has stored.
func (c *caller) rules() Properties {
	if c.token != nil && c.token.rules != nil {
		return *c.token.rules
	}
	return c.user.properties[c.org.ID]
}

// parameters are the user parameters that hold for a call: of a token that was
// requested with some, these; otherwise those that the user has stored.
func (c *caller) parameters() *gen.UserParameters {
	if c.token != nil && c.token.userParameters != nil {
		return c.token.userParameters
	}
	return c.user.userParameters
}

// clone copies the lists down to their values, so that no test can change what
// the server has stored.
func (p Properties) clone() Properties {
	c := Properties{
		slices.Clone(p.FilterRules), slices.Clone(p.ParameterValues),
		slices.Clone(p.VariableValues), slices.Clone(p.Objects),
	}
	for i := range c.FilterRules {
		c.FilterRules[i].Values = slices.Clone(c.FilterRules[i].Values)
	}
	for i := range c.ParameterValues {
		c.ParameterValues[i].Values = slices.Clone(c.ParameterValues[i].Values)
	}
	for i := range c.VariableValues {
		c.VariableValues[i].Values = slices.Clone(c.VariableValues[i].Values)
	}
	return c
}
