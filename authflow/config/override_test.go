package config_test

import (
	"context"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
	"github.com/go-thoughtspot/tsauth/gen"
)

// An option that the program passes wins over the setting of the same thing.
func TestOptions_OfTheProgram_WinOverSettings(t *testing.T) {
	value := authflow.WithSecretKey(hidden)
	function := authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return hidden, nil })
	file := write(t, "wrong")
	for name, c := range map[string]struct {
		variable, value string
		option          authflow.Option
	}{
		"key by key":           {"SECRET_KEY", "wrong", value},
		"key by function":      {"SECRET_KEY", "wrong", function},
		"key file by function": {"SECRET_KEY_FILE", file, function},
	} {
		t.Run(name, func(t *testing.T) {
			sim, via := server(t)
			in(t, map[string]string{"HOST": sim.URL, "USERNAME": "ann", c.variable: c.value}, "")
			_, flow, err := config.FromEnv(c.option, via)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time as well
				if err := flow.Renew(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
