package control_test

import (
	"reflect"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Every control of the Go API is there by HTTP, unless there is a reason.
func TestControlHasEveryMethod(t *testing.T) {
	without := map[string]string{
		"Client":    "a client in process",
		"ClientAt":  "a client in process",
		"Transport": "a client in process",
		"ServeHTTP": "the simulator itself",
		"String":    "what package fmt prints",
		"GoString":  "what package fmt prints",
	}
	has := make(map[string]bool)
	for _, op := range controlOperations() {
		list, _ := op.Extensions["x-control"].([]any)
		for _, name := range list {
			has[name.(string)] = true
		}
	}
	methods := make(map[string]bool)
	sim := reflect.TypeFor[*authtest.Simulator]()
	for i := range sim.NumMethod() {
		m := sim.Method(i)
		methods[m.Name] = true
		if has[m.Name] == (without[m.Name] != "") {
			t.Errorf("%s: in control.yaml: %t, a reason for its absence: %q", m.Name, has[m.Name], without[m.Name])
		}
	}
	for name := range has {
		if !methods[name] {
			t.Errorf("control.yaml names a method that there is not: %s", name)
		}
	}
	for name := range without {
		if !methods[name] {
			t.Errorf("a reason for a method that there is not: %s", name)
		}
	}
}
