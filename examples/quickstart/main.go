// Quickstart uses every method of package authflow to get a credential, and prints
// the requests and responses. It runs on an embedded simulator, or on the cluster that
// the environment names:
//
//	THOUGHTSPOT_HOST         https://acme.thoughtspot.cloud, or without https://
//	THOUGHTSPOT_USERNAME     the user
//	THOUGHTSPOT_PASSWORD     for login and basic authentication
//	THOUGHTSPOT_SECRET_KEY   for trusted authentication
//	THOUGHTSPOT_OBJECT_ID    GUID of a Liveboard, for the object access token
//	THOUGHTSPOT_NEW_USER     a user to create just in time
//
// Steps for which a setting is missing are left out.
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

// The environment variables that say where to go and as whom.
const (
	host      = "THOUGHTSPOT_HOST"
	username  = "THOUGHTSPOT_USERNAME"
	password  = "THOUGHTSPOT_PASSWORD"
	secretKey = "THOUGHTSPOT_SECRET_KEY"
	objectID  = "THOUGHTSPOT_OBJECT_ID"
	newUser   = "THOUGHTSPOT_NEW_USER"
)

// tour is where the quickstart goes and as whom.
type tour struct {
	given   map[string]string // by environment variable
	trace   *trace
	cluster *authflow.Cluster
}

func run(ctx context.Context, out io.Writer, env func(string) string) error {
	t := tour{given: make(map[string]string), trace: &trace{out: out, base: http.DefaultTransport}}
	for _, name := range []string{host, username, password, secretKey, objectID, newUser} {
		t.given[name] = env(name)
	}
	if t.given[host] == "" {
		server := authtest.NewServer()
		defer server.Close()
		t.given = map[string]string{
			host: server.URL, username: authtest.DefaultUsername, password: authtest.DefaultPassword,
			secretKey: authtest.DefaultSecretKey, objectID: "fa68ae91-7588-4136-bacd-d71fb12dda69", newUser: "new.user",
		}
		fmt.Fprintf(out, "On the embedded simulator; set %s to go to a cluster.\n", host)
	} else if t.given[username] == "" || t.given[password] == "" && t.given[secretKey] == "" {
		return fmt.Errorf("set %s, and %s or %s", username, password, secretKey)
	}
	options := []authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: t.trace, Timeout: time.Minute})}
	if key := t.given[secretKey]; key != "" {
		options = append(options, authflow.WithSecretKey(gen.Secret(key)))
	}
	var err error
	if t.cluster, err = authflow.New(t.given[host], options...); err != nil {
		return err
	}

	failed, steps := 0, steps()
	for _, s := range steps {
		fmt.Fprintf(out, "\n%s\n", s.title)
		if missing := t.missing(s.needs); len(missing) > 0 {
			fmt.Fprintf(out, "– left out, needs %s\n", strings.Join(missing, " and "))
			continue
		}
		happened, err := s.run(ctx, &t)
		if err != nil {
			failed++
			fmt.Fprintf(out, "✗ %v\n", err)
			var e *authflow.Error
			if errors.As(err, &e) && e.Status == 0 && e.Field == "" {
				return errors.New("the server does not answer; the other steps are left out")
			}
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
func (t *tour) missing(needs []string) (missing []string) {
	for _, name := range needs {
		if t.given[name] == "" {
			missing = append(missing, name)
		}
	}
	return missing
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
// is. Most programs have one like it. validity is in seconds.
func (t *tour) full(validity int32) (*authflow.Flow, error) {
	request := gen.GetFullAccessTokenRequest{Username: t.given[username], ValidityTimeInSec: validity}
	if t.given[secretKey] == "" { // which the cluster knows
		request.Password = gen.Secret(t.given[password])
	}
	return t.cluster.FullAccess(request)
}
