package contract_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// server is a live server, described by the environment; see doc.go.
type server struct {
	env func(string) string
	rt  *http.Transport
}

func newServer(env func(string) string) (server, error) {
	switch {
	case env("THOUGHTSPOT_USERNAME") == "":
		return server{}, errors.New("THOUGHTSPOT_HOST is set, and THOUGHTSPOT_USERNAME is not")
	case env("THOUGHTSPOT_PASSWORD") == "" && env("THOUGHTSPOT_SECRET_KEY") == "":
		return server{}, errors.New("THOUGHTSPOT_HOST is set, and neither THOUGHTSPOT_PASSWORD nor THOUGHTSPOT_SECRET_KEY is")
	}
	rt := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if file := env("THOUGHTSPOT_CA_FILE"); file != "" {
		pem, err := os.ReadFile(file) //nolint:gosec // the caller's own file
		if err != nil {
			return server{}, fmt.Errorf("THOUGHTSPOT_CA_FILE: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return server{}, fmt.Errorf("THOUGHTSPOT_CA_FILE: no certificate in %s", file)
		}
		rt.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return server{env, rt}, nil
}

func (s server) url() string                  { return s.env("THOUGHTSPOT_HOST") }
func (s server) transport() http.RoundTripper { return s.rt }
func (server) simulator() *authtest.Simulator { return nil }
func (s server) allows(variable string) bool  { return s.env(variable) == "1" }
func (s server) close()                       { s.rt.CloseIdleConnections() }

func (s server) principal() principal {
	return principal{
		username: s.env("THOUGHTSPOT_USERNAME"), objectID: s.env("THOUGHTSPOT_OBJECT_ID"),
		password: gen.Secret(s.env("THOUGHTSPOT_PASSWORD")), secretKey: gen.Secret(s.env("THOUGHTSPOT_SECRET_KEY")),
	}
}
