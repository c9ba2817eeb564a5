// Quickstart goes every way into ThoughtSpot that package authflow knows, and
// says what was sent and what came. It runs on an embedded simulator, or on
// the cluster that the environment names:
//
//	THOUGHTSPOT_HOST         https://acme.thoughtspot.cloud
//	THOUGHTSPOT_USERNAME     who to be
//	THOUGHTSPOT_PASSWORD     for log-in and basic authentication
//	THOUGHTSPOT_SECRET_KEY   for trusted authentication
//	THOUGHTSPOT_OBJECT_ID    GUID of a Liveboard, for the object access token
//	THOUGHTSPOT_NEW_USER     a user to create just in time
//
// Steps for which something is not given are left out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tour is where the quickstart goes and as whom.
type tour struct {
	host, username, objectID, newUser string
	password, secretKey               gen.Secret
	trace                             *trace
	options                           []authflow.Option
}

func run(ctx context.Context, out io.Writer, env func(string) string) error {
	t := tour{
		host:      env("THOUGHTSPOT_HOST"),
		username:  env("THOUGHTSPOT_USERNAME"),
		password:  gen.Secret(env("THOUGHTSPOT_PASSWORD")),
		secretKey: gen.Secret(env("THOUGHTSPOT_SECRET_KEY")),
		objectID:  env("THOUGHTSPOT_OBJECT_ID"),
		newUser:   env("THOUGHTSPOT_NEW_USER"),
		trace:     &trace{out: out, base: http.DefaultTransport},
	}
	if t.host == "" {
		server := authtest.NewServer()
		defer server.Close()
		t.host, t.username, t.password, t.secretKey = server.URL, authtest.DefaultUsername, authtest.DefaultPassword, authtest.DefaultSecretKey
		t.objectID, t.newUser = "fa68ae91-7588-4136-bacd-d71fb12dda69", "new.user"
		fmt.Fprintln(out, "On the embedded simulator; set THOUGHTSPOT_HOST to go to a cluster.")
	} else if t.username == "" || t.password == "" && t.secretKey == "" {
		return errors.New("set THOUGHTSPOT_USERNAME, and THOUGHTSPOT_PASSWORD or THOUGHTSPOT_SECRET_KEY")
	}
	t.options = []authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: t.trace, Timeout: time.Minute})}

	failed, steps := 0, steps()
	for _, s := range steps {
		fmt.Fprintf(out, "\n%s\n", s.title)
		if missing := t.missing(s.needs); missing != "" {
			fmt.Fprintf(out, "– left out, needs %s\n", missing)
			continue
		}
		happened, err := s.run(ctx, &t)
		if err != nil {
			failed++
			fmt.Fprintf(out, "✗ %v\n", err)
			continue
		}
		fmt.Fprintf(out, "✓ %s\n", happened)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d steps failed", failed, len(steps))
	}
	return nil
}

// missing names what a step needs and the environment did not give.
func (t *tour) missing(needs []string) string {
	given := map[string]bool{
		"password": t.password != "", "secret key": t.secretKey != "",
		"object ID": t.objectID != "", "new user": t.newUser != "",
	}
	var missing []string
	for _, n := range needs {
		if !given[n] {
			missing = append(missing, "a "+n)
		}
	}
	return strings.Join(missing, " and ")
}

// whoAmI makes a call with the credential of flow.
func whoAmI(ctx context.Context, flow *authflow.Flow) (string, error) {
	r, err := flow.API().GetCurrentUserInfoWithResponse(ctx)
	if err != nil {
		return "", err
	}
	if r.JSON200 == nil {
		return "", fmt.Errorf("who am I: %s", r.Status())
	}
	return r.JSON200.Name, nil
}

// full returns a flow on a full access token, with whichever credential there
// is. Most programs have one like it.
func (t *tour) full(validity int32) (*authflow.Flow, error) {
	request := gen.GetFullAccessTokenRequest{Username: t.username, ValidityTimeInSec: validity, SecretKey: t.secretKey}
	if t.secretKey == "" {
		request.Password = t.password
	}
	return authflow.FullAccess(t.host, request, t.options...)
}
