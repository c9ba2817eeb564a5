package authflow

import (
	"runtime/debug"
	"testing"
)

func TestI4_UserAgent_NamesTheVersionThatTheProgramWasBuiltWith(t *testing.T) {
	t.Parallel()
	const path = "github.com/go-thoughtspot/tsauth"
	released := &debug.Module{Path: path, Version: "v0.1.0"}
	user := debug.Module{Path: "example.com/portal", Version: "v3.0.0"}
	for name, test := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"dependency of the program":  {debug.BuildInfo{Main: user, Deps: []*debug.Module{{Path: "a.example", Version: "v1.0.0"}, released}}, "tsauth/0.1.0"},
		"the command of this module": {debug.BuildInfo{Main: *released}, "tsauth/0.1.0"},
		"command from a checkout":    {debug.BuildInfo{Main: debug.Module{Path: path, Version: "(devel)"}}, "tsauth"},
		"test of this module":        {debug.BuildInfo{Main: debug.Module{Path: path}}, "tsauth"},
		"nested module alone":        {debug.BuildInfo{Deps: []*debug.Module{{Path: path + "/authflow/redisstore", Version: "v0.2.0"}}}, "tsauth"},
		"replaced dependency":        {debug.BuildInfo{Deps: []*debug.Module{{Path: path, Version: "v0.1.0", Replace: &debug.Module{Path: "../tsauth"}}}}, "tsauth"},
		"no build information":       {debug.BuildInfo{}, "tsauth"},
	} {
		if got := userAgent(&test.info); got != test.want {
			t.Errorf("%s: User-Agent %q, want %q", name, got, test.want)
		}
	}
}
