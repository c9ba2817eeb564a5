package job

import (
	"slices"
	"strings"
)

// The variables that a command gets. Programs that know ThoughtSpot read the first one.
const (
	hostVariable = "THOUGHTSPOT_HOST"
	keyVariable  = "THOUGHTSPOT_PROXY_KEY"
)

// ownPrefix begins the names of the variables that tsauth reads, secrets among them.
const ownPrefix = "THOUGHTSPOT_"

// Environ returns env without the variables of tsauth, and with the address of the proxy,
// which has the key in its path, and the key. Where env names an HTTP proxy, loopback
// addresses are excepted from it, which would get the key otherwise.
func Environ(env []string, address, key string) []string {
	kept := make([]string, 0, len(env)+4)
	hasProxy := false
	for _, variable := range env {
		name := strings.ToUpper(nameOf(variable))
		if !strings.HasPrefix(name, ownPrefix) {
			kept = append(kept, variable)
		}
		hasProxy = hasProxy || slices.Contains([]string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}, name)
	}
	if hasProxy {
		kept = exceptLoopback(kept)
	}
	return append(kept, hostVariable+"="+address, keyVariable+"="+key)
}

func nameOf(variable string) string {
	name, _, _ := strings.Cut(variable, "=")
	return name
}

// exceptLoopback adds the loopback addresses to both variables that list exceptions:
// programs differ in which one they read.
func exceptLoopback(env []string) []string {
	const loopback = "localhost,127.0.0.1,::1"
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		is := func(variable string) bool { return nameOf(variable) == name }
		value := loopback
		if i := slices.IndexFunc(env, is); i >= 0 {
			_, value, _ = strings.Cut(env[i], "=")
			value = strings.TrimPrefix(value+","+loopback, ",")
		}
		env = append(slices.DeleteFunc(env, is), name+"="+value)
	}
	return env
}
