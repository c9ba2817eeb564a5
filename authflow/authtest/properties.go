package authtest

import (
	"slices"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Properties are the security rules of a user or of a custom access token.
type Properties struct {
	FilterRules     []gen.FilterRule       `json:"filter_rules,omitempty"`
	ParameterValues []gen.ParameterValues  `json:"parameter_values,omitempty"`
	VariableValues  []gen.VariableValues   `json:"variable_values,omitempty"`
	Objects         []gen.ObjectIdentifier `json:"objects,omitempty"`
}

func propertiesOf(req *gen.GetCustomAccessTokenRequest) Properties {
	return Properties{req.FilterRules, req.ParameterValues, req.VariableValues, req.Objects}
}

// persist returns what becomes of the stored properties p when a custom access
// token with the rules r is made. With REPLACE an empty list clears, and an
// absent one leaves what is there.
func (p Properties) persist(option gen.PersistOption, r Properties) Properties {
	switch option {
	case gen.PersistOptionReset:
		return Properties{}
	case gen.PersistOptionAppend:
		return Properties{
			slices.Concat(p.FilterRules, r.FilterRules),
			slices.Concat(p.ParameterValues, r.ParameterValues),
			slices.Concat(p.VariableValues, r.VariableValues),
			slices.Concat(p.Objects, r.Objects),
		}
	case gen.PersistOptionReplace:
		return Properties{
			replace(p.FilterRules, r.FilterRules),
			replace(p.ParameterValues, r.ParameterValues),
			replace(p.VariableValues, r.VariableValues),
			replace(p.Objects, r.Objects),
		}
	}
	return p // NONE
}

func replace[T any](stored, given []T) []T {
	switch {
	case given == nil:
		return stored
	case len(given) == 0:
		return nil
	}
	return given
}

func (p Properties) empty() bool {
	return len(p.FilterRules)+len(p.ParameterValues)+len(p.VariableValues)+len(p.Objects) == 0
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
