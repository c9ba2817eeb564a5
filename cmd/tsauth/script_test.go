package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

const (
	annPassword   = "pw-of-ann"
	adminPassword = "pw-of-admin"
	secretKey     = "the-secret-key"
	orgKey        = "the-key-of-org-2"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tsauth": main})
}

// The scripts of testdata/script run the command as people do. Each has a simulator of
// its own with the users ann and tsadmin, an administrator, and the Org 2, Sales. The
// settings are those of ann with her password, unless a script changes them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"sim":   controlSimulator,
		},
		Condition: func(condition string) (bool, error) {
			if condition == "tty" { // as testscript can make one
				return os.Getenv("GOOS") == "" && isUnix(), nil
			}
			return false, errors.New("unknown condition " + condition)
		},
	})
}

func isUnix() bool {
	_, err := os.Stat("/dev/ptmx")
	return err == nil
}

// setUp starts the simulator of a script.
func setUp(env *testscript.Env) error {
	sim := authtest.NewServer(
		authtest.WithUser("ann", annPassword, authtest.InOrgs(0, 2)),
		authtest.WithUser("bob", "pw-of-bob"),
		authtest.WithUser("tsadmin", adminPassword, authtest.InOrgs(0, 2), authtest.Privileges(authtest.PrivilegeAdministration)),
		authtest.WithOrg(2, "Sales"), authtest.WithSecretKey(secretKey), authtest.WithOrgSecretKey(2, orgKey),
	)
	env.Defer(sim.Close)
	env.Values["sim"] = sim
	home := filepath.Join(env.WorkDir, "home")
	for name, value := range map[string]string{
		"HOME": home, "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "",
		"SIM": sim.URL, "SIM_BY_TLS": strings.Replace(sim.URL, "http:", "https:", 1), // which it does not serve
		"THOUGHTSPOT_HOST": sim.URL, "THOUGHTSPOT_USERNAME": "ann", "THOUGHTSPOT_PASSWORD": annPassword,
		"GORACE": "atexit_sleep_ms=0", // with the race detector a program waits for a second before it exits
	} {
		env.Setenv(name, value)
	}
	return os.Mkdir(home, 0o700)
}

// exits runs a program and compares its exit code: exits 2 tsauth token. A program that
// fails must not have written to standard output, which scripts take for a token.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if want, err := strconv.Atoi(args[0]); err != nil || code != want {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
	if out := ts.ReadFile("stdout"); code != 0 && out != "" && args[2] != "doctor" {
		ts.Fatalf("it fails and prints %q", out)
	}
}

// controlSimulator changes or inspects the simulator:
//
//	sim calls OPERATION N         fails unless it was called N times; any counts all
//	sim guid USER VARIABLE        sets the variable to the GUID of the user
//	sim alive N                   fails unless N tokens are alive
//	sim fail OPERATION N STATUS   the next N calls fail
//	sim pass OPERATION N          N calls work, before those that fail
//	sim answer OPERATION STATUS TYPE BODY   all calls get this response
//	sim busy OPERATION DURATION   all calls get 429 with this Retry-After
//	sim redirect OPERATION N      the next N calls lead to single sign-on
//	sim of-another OPERATION      the next response has a token of another user
//	sim clear                     no more failures
//	sim revoke-all
//	sim advance DURATION
func controlSimulator(ts *testscript.TestScript, _ bool, args []string) {
	sim := ts.Value("sim").(*authtest.Server)
	arg := func(i int) string {
		if len(args) <= i {
			ts.Fatalf("sim %v: too few arguments", args)
		}
		return args[i]
	}
	number := func(i int) int {
		n, err := strconv.Atoi(arg(i))
		ts.Check(err)
		return n
	}
	duration := func(i int) time.Duration {
		d, err := time.ParseDuration(arg(i))
		ts.Check(err)
		return d
	}
	switch arg(0) {
	case "calls":
		op := arg(1)
		if op == "any" {
			op = authtest.AnyOperation
		}
		if n := sim.Calls(op); n != number(2) {
			ts.Fatalf("%d calls of %s, want %s", n, args[1], args[2])
		}
	case "fail":
		sim.Fail(arg(1), number(2), authtest.Status(number(3)))
	case "guid":
		user, ok := sim.User(arg(1))
		if !ok {
			ts.Fatalf("there is no user %s", args[1])
		}
		ts.Setenv(arg(2), user.ID)
	case "answer":
		sim.ClearFaults()
		sim.Fail(arg(1), -1, authtest.Answer(number(2), arg(3), arg(4)))
	case "busy":
		sim.Fail(arg(1), -1, authtest.RateLimited(duration(2)))
	case "pass":
		sim.Fail(arg(1), number(2), authtest.Delay(0))
	case "clear":
		sim.ClearFaults()
	case "revoke-all":
		sim.RevokeAll()
	case "advance":
		sim.Advance(duration(1))
	case "alive":
		if n := len(sim.Tokens()); n != number(1) {
			ts.Fatalf("%d tokens are alive, want %s", n, args[1])
		}
	case "of-another":
		sim.Fail(arg(1), 1, tokenOfAnother())
	case "redirect":
		sim.Fail(arg(1), number(2), authtest.Redirect(302, "https://idp.example/login"))
	default:
		ts.Fatalf("unknown: sim %v", args)
	}
}

// tokenOfAnother is a response with a token for bob.
func tokenOfAnother() authtest.Fault {
	return authtest.JSON(200, map[string]any{"token": "a-token-of-bob", "valid_for_username": "bob"})
}
