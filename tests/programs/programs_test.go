package programs

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/control"
)

// needed in the environment makes it a failure that a program is missing, which otherwise
// leaves its test out.
const needed = "TSAUTH_PROGRAMS"

var tsauth string // the command

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tsauth-programs")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tsauth = filepath.Join(dir, "tsauth")
	out, err := exec.Command("go", "build", "-o", tsauth, "../../cmd/tsauth").CombinedOutput() //nolint:noctx // a test has no context yet
	if err != nil {
		panic(string(out))
	}
	return m.Run()
}

// cluster is a simulator with its control API.
type cluster struct {
	*testing.T
	*authtest.Server
	control string
}

func newCluster(t *testing.T, opts ...authtest.Option) *cluster {
	server := authtest.NewServer(opts...)
	t.Cleanup(server.Close)
	controls := httptest.NewServer(control.Handler(server.Simulator))
	t.Cleanup(controls.Close)
	return &cluster{t, server, controls.URL}
}

// need leaves a test out if a program is missing.
func need(t *testing.T, program string) {
	t.Helper()
	_, err := exec.LookPath(program)
	if strings.Contains(program, string(filepath.Separator)) && errors.Is(err, fs.ErrNotExist) {
		err = errors.New("run `npm ci` in tests/programs")
	}
	if err != nil && os.Getenv(needed) != "" {
		t.Fatalf("%s is missing: %v", program, err)
	}
	if err != nil {
		t.Skipf("%s is missing: %v", program, err)
	}
}

// run runs tsauth with a secret key, in a folder with the files of testdata, and returns
// what it and its command print. The command must succeed.
func (c *cluster) run(env []string, args ...string) string {
	c.Helper()
	cmd := exec.CommandContext(c.Context(), tsauth, args...)
	cmd.Dir = "testdata"
	cmd.Env = append(os.Environ(), "CONTROL="+c.control, "THOUGHTSPOT_HOST="+c.URL, "THOUGHTSPOT_USERNAME="+authtest.DefaultUsername,
		"THOUGHTSPOT_SECRET_KEY="+authtest.DefaultSecretKey)
	cmd.Env = append(cmd.Env, env...)
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		c.Fatalf("%v: %s", err, &out)
	}
	if n := len(c.Tokens()); n != 0 {
		c.Errorf("%d tokens are alive at the end", n)
	}
	return strings.TrimSpace(out.String())
}

func TestCurl_KeyInEachPlace_Gets200BeforeAndAfterExpiryAndRevocation(t *testing.T) {
	need(t, "bash")
	need(t, "curl")
	script, err := filepath.Abs("testdata/curl.sh")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "private", "s")
	for name, c := range map[string]struct{ env, args []string }{
		"port":   {nil, nil},
		"socket": {[]string{"SOCKET=" + socket}, []string{"--listen", "unix:" + socket}},
	} {
		args := append([]string{"proxy"}, c.args...)
		args = append(args, "--", "bash", "-c", `cd "$0" && bash "$1"`, t.TempDir(), script)
		if out := newCluster(t).run(c.env, args...); out != "done" {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestPython_TwentyMinutes_Gets300Times200(t *testing.T) {
	need(t, "python3")
	c := newCluster(t, authtest.WithTokenValidity(5*time.Minute))
	out := c.run(nil, "proxy", "--", "python3", "twenty_minutes.py")
	if !strings.HasSuffix(out, `{"200": 300}`) {
		t.Error(out)
	}
	if n := c.Calls(authtest.OpGetFullAccessToken); n < 4 || n > 6 {
		t.Errorf("%d tokens in four lifetimes", n)
	}
}

func TestVendorSDK_AddressAlone_IsSignedInBeforeAndAfterRevocation(t *testing.T) {
	need(t, "node")
	need(t, "node_modules/.bin/newman") // the SDK is installed beside it
	c := newCluster(t)
	c.SetAnswer("POST", "/api/rest/2.0/metadata/search", authtest.JSON(200, []any{map[string]any{"metadata_id": "m-1"}}))
	const want = "before tsadmin\nbefore m-1\nafter tsadmin\nafter m-1\nclosed 403"
	if out := c.run(nil, "proxy", "--", "node", "sdk.mjs"); out != want {
		t.Error(out)
	}
	if n := c.Calls(authtest.OpGetFullAccessToken); n != 2 { // the call after the last revocation was not sent
		t.Errorf("%d tokens", n)
	}
}

func TestNewman_CollectionWithoutAuth_Passes(t *testing.T) {
	need(t, "node_modules/.bin/newman")
	c := newCluster(t)
	const script = `exec ../node_modules/.bin/newman run collection.json --color off --env-var "base=$THOUGHTSPOT_HOST" --env-var "control=$CONTROL"`
	out := c.run(nil, "proxy", "--", "sh", "-c", script)
	for _, name := range []string{"signed in", "revoked", "found", "closed"} {
		if !strings.Contains(out, name) {
			t.Errorf("%s is missing: %s", name, out)
		}
	}
}
