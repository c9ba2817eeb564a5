package config_test

import (
	"context"
	"fmt"
	"os"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/config"
)

func ExampleFromEnv() {
	sim := authtest.New()
	_ = os.Setenv("THOUGHTSPOT_HOST", sim.URL)
	_ = os.Setenv("THOUGHTSPOT_USERNAME", authtest.DefaultUsername)
	_ = os.Setenv("THOUGHTSPOT_SECRET_KEY", authtest.DefaultSecretKey)

	_, flow, err := config.FromEnv(authflow.WithHTTPClient(sim.Client())) // a real cluster needs no option
	if err != nil {
		panic(err)
	}
	token, err := flow.Token(context.Background())
	fmt.Println(token.Username, err)
	// Output: tsadmin <nil>
}
