package config_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/config"
)

const hidden = "s3cret-Of-Ann"

// world is the settings that a test gives, each in its place.
type world struct {
	flags    config.Flags
	env      map[string]string // without the prefix
	profiles string            // "" for no file
	stdin    string
}

// options writes the file of profiles.
func (w world) options(t *testing.T) config.Options {
	t.Helper()
	o := config.Options{Flags: w.flags, Environ: []string{"PATH=" + os.Getenv("PATH")}, Stderr: io.Discard}
	if w.stdin != "" {
		o.Stdin = strings.NewReader(w.stdin)
	}
	if w.profiles != "" {
		path := write(t, w.profiles)
		o.Environ = append(o.Environ, "THOUGHTSPOT_CONFIG_FILE="+path)
	}
	for name, value := range w.env {
		o.Environ = append(o.Environ, "THOUGHTSPOT_"+name+"="+value)
	}
	return o
}

// load returns the settings of the world. Without a file of profiles there is none at
// the default place either.
func (w world) load(t *testing.T) (*config.Settings, error) {
	t.Helper()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, t.TempDir())
	}
	return config.Load(w.options(t))
}

// token returns a token that the settings get, at a simulator with the user ann.
func (w world) token(t *testing.T, sim *authtest.Simulator) (authflow.Token, error) {
	t.Helper()
	s, err := w.load(t)
	if err != nil {
		return authflow.Token{}, err
	}
	return tokenOf(t, s, sim)
}

func tokenOf(t *testing.T, s *config.Settings, sim *authtest.Simulator) (authflow.Token, error) {
	t.Helper()
	cluster, err := s.Cluster(authflow.WithHTTPClient(sim.Client()))
	if err != nil {
		t.Fatal(err)
	}
	flow, err := s.Flow(cluster)
	if err != nil {
		return authflow.Token{}, err
	}
	return flow.Token(t.Context())
}

// server is a simulator with a user ann.
func server(t *testing.T) (*authtest.Simulator, authflow.Option) {
	t.Helper()
	sim := authtest.New(authtest.WithUser("ann", hidden, authtest.InOrgs(0, 2)), authtest.WithOrg(2, "Sales"), authtest.WithSecretKey(hidden))
	return sim, authflow.WithHTTPClient(sim.Client())
}

// write writes a file in a private folder.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// in sets the environment of the process, and nothing else of ours.
func in(t *testing.T, env map[string]string, profiles string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "THOUGHTSPOT_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("THOUGHTSPOT_CONFIG_FILE", write(t, profiles))
	for name, v := range env {
		t.Setenv("THOUGHTSPOT_"+name, v)
	}
}

// isInvalid fails the test unless err is an error about settings that names all texts,
// in one line, and shows no secret.
func isInvalid(t *testing.T, err error, names ...string) {
	t.Helper()
	if !errors.Is(err, authflow.ErrInvalid) {
		t.Fatalf("not an error about settings: %v", err)
	}
	for _, want := range names {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), hidden) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%#v", err)
	}
}

// tlsServer is a simulator behind TLS, and the file of its certificate.
func tlsServer(t *testing.T) (*authtest.Server, string) {
	t.Helper()
	sim := authtest.NewTLSServer(authtest.WithUser("ann", hidden))
	t.Cleanup(sim.Close)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sim.Certificate().Raw})
	return sim, write(t, string(cert))
}
