package config

import (
	"slices"
	"strings"
)

// LookAlike is a variable of the environment that has no meaning here, but whose name
// is taken for one that has.
type LookAlike struct {
	// Name is the variable, such as THOUGHTSPOT_URL.
	Name string
	// Means is the variable that it is taken for, such as THOUGHTSPOT_HOST.
	Means string

	setting string
}

// environ is the environment.
type environ struct {
	*source
	profile, configFile string
	similar             []LookAlike
}

// orgIdentifier is the other name of the variable of the Org: the Terraform provider
// of ThoughtSpot reads it.
const orgIdentifier = "org_identifier"

// environment reads the variables. An empty variable counts as absent.
func environment(pairs []string) (*environ, error) {
	vars := make(map[string]string)
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		vars[name] = value
	}
	env := &environ{
		source:     &source{values: make(map[string]string), where: variable},
		profile:    vars[variable("profile")],
		configFile: vars[variable("config_file")],
	}
	for _, name := range append(plainSettings(), secretSettings()...) {
		env.values[name] = vars[variable(name)]
	}
	if other := vars[variable(orgIdentifier)]; other != "" {
		if env.values[org] != "" && env.values[org] != other {
			return nil, env.invalid(org, "differs from "+variable(orgIdentifier)+"; set one of them")
		}
		if env.values[org] == "" {
			env.where = orgIdentifierInstead
		}
		env.values[org] = other
	}
	for name, setting := range lookAlikes() {
		if v := variablePrefix + name; vars[v] != "" {
			env.similar = append(env.similar, LookAlike{Name: v, Means: variable(setting), setting: setting})
		}
	}
	slices.SortFunc(env.similar, func(a, b LookAlike) int { return strings.Compare(a.Name, b.Name) })
	return env, env.check()
}

// orgIdentifierInstead is variable for an environment that has the Org in the other
// variable.
func orgIdentifierInstead(name string) string {
	if name == org {
		name = orgIdentifier
	}
	return variable(name)
}
