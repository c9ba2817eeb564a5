package contract_test

import (
	"net/http"
	"os"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// backend is a server that the suite runs against.
type backend interface {
	url() string
	// transport reaches the server and trusts its certificate.
	transport() http.RoundTripper
	// principal is whom the specs act as.
	principal() principal
	// simulator has the controls, or is nil where there are none.
	simulator() *authtest.Simulator
	// allows tells whether a harm was permitted, by its environment variable.
	allows(variable string) bool
	close()
}

// principal is a user. Fields that a server does not support are empty.
type principal struct {
	username            string
	password, secretKey gen.Secret
	objectID            string
}

// live tells whether the suite runs against a server that is not its own.
func live() bool { return os.Getenv("THOUGHTSPOT_HOST") != "" }

// open returns the backend for one spec.
func open() (backend, error) {
	if live() {
		return newServer(os.Getenv)
	}
	return newSimulated(), nil
}

// need is what a spec asks of its backend. It returns why the spec is left out
// where it is not met, and nothing where it is.
type need func(backend) string

func needsPassword(b backend) string {
	return unless(b.principal().password != "", "THOUGHTSPOT_PASSWORD is not set")
}

func needsKey(b backend) string {
	return unless(b.principal().secretKey != "", "THOUGHTSPOT_SECRET_KEY is not set")
}

func needsObject(b backend) string {
	return unless(b.principal().objectID != "", "THOUGHTSPOT_OBJECT_ID is not set")
}

// needsControls is for specs that move the clock, make faults, or change
// users, Orgs and keys behind the API's back.
func needsControls(b backend) string {
	return unless(b.simulator() != nil, "it needs the simulator's controls")
}

// mayMiss is for requests that a server could count as wrong passwords.
func mayMiss(b backend) string {
	return unless(b.simulator() != nil, "it could count as a wrong password and lock the account")
}

// mayProvision is for specs that make users, or store rules for one.
func mayProvision(b backend) string {
	return unless(b.allows("THOUGHTSPOT_ALLOW_JIT"), "it could make a user or store rules for one, and THOUGHTSPOT_ALLOW_JIT is not 1")
}

func mayRevokeAll(b backend) string {
	return unless(b.allows("THOUGHTSPOT_ALLOW_REVOKE_ALL"), "it could end all tokens of the user, and THOUGHTSPOT_ALLOW_REVOKE_ALL is not 1")
}

func unless(met bool, reason string) string {
	if met {
		return ""
	}
	return reason
}
