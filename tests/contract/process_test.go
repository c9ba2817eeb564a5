package contract_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// liveRuns are the runs of the suite in its live mode, and what they have to report.
var liveRuns = []struct {
	name        string
	flags, env  []string
	differs     string
	fewest      int // exchanges
	leavesOut   string
	leavesNoOut string
	fails       bool
}{
	{
		name:      "without switches",
		fewest:    700,
		leavesOut: "THOUGHTSPOT_ALLOW_JIT is not 1",
	},
	{
		name:        "with every switch, and the envelope of live servers",
		flags:       []string{"--nested-errors"},
		env:         []string{"THOUGHTSPOT_ALLOW_JIT=1", "THOUGHTSPOT_ALLOW_REVOKE_ALL=1", "THOUGHTSPOT_STRICT=1"},
		fewest:      1000,
		leavesOut:   "it needs the simulator's controls",
		leavesNoOut: "is not 1",
	},
	{
		// The suite expects that a password works; this server wants more.
		name:      "where the server differs",
		flags:     []string{"--mfa"},
		fewest:    500,
		leavesOut: "it needs the simulator's controls",
		differs:   "- spec: the response is 401, not 204 (",
	},
	{
		name:      "where the server differs, and must not",
		flags:     []string{"--mfa"},
		env:       []string{"THOUGHTSPOT_STRICT=1"},
		fewest:    500,
		leavesOut: "it needs the simulator's controls",
		differs:   "- spec: the response is 401, not 204 (",
		fails:     true,
	},
	{
		name:      "where the server differs with a reason",
		flags:     []string{"--mfa"},
		env:       []string{"THOUGHTSPOT_STRICT=1", "THOUGHTSPOT_RELEASE=26.8", "THOUGHTSPOT_REASONS=testdata/mfa.yaml"},
		fewest:    500,
		leavesOut: "it needs the simulator's controls",
		differs:   "(deliberate): No password is enough for it.",
	},
}

// TestOverTLSAgainstAProcess runs the suite in its live mode, in a process of
// its own, against tsauth simulate in another, over TLS with a certificate
// that the simulator has made for itself.
func TestOverTLSAgainstAProcess(t *testing.T) {
	if live() {
		t.Skip("THOUGHTSPOT_HOST is set: this run is the live one")
	}
	simulator := buildSimulator(t)
	for _, run := range liveRuns {
		t.Run(run.name, func(t *testing.T) {
			out, err := liveRun(t, simulator, run.flags, run.env)
			if failed := err != nil; failed != run.fails {
				t.Fatalf("the suite fails: %v\n%s", err, out)
			}
			exchanges := number(t, out, `passed, with (\d+) exchanges`)
			for _, v := range book.validators {
				if n := number(t, out, v.name()+` +judged \d+ requests and (\d+) answers`); n != exchanges {
					t.Errorf("%s judged %d responses of %d", v.name(), n, exchanges)
				}
			}
			if exchanges < run.fewest {
				t.Errorf("%d exchanges, fewer than %d", exchanges, run.fewest)
			}
			nowhere := strings.Contains(out, "This server differs from the spec nowhere.")
			if nowhere != (run.differs == "") || !strings.Contains(out, run.differs) {
				t.Errorf("differences: want %q in\n%s", run.differs, out)
			}
			if !strings.Contains(out, run.leavesOut) || run.leavesNoOut != "" && strings.Contains(out, run.leavesNoOut) {
				t.Errorf("left out: want %q and not %q in\n%s", run.leavesOut, run.leavesNoOut, out)
			}
			fmt.Printf("Over TLS against a process, %s: %d exchanges validated, %d specs passed.\n",
				run.name, exchanges, number(t, out, `(\d+) specs passed`))
		})
	}
}

// liveRun starts a simulator and returns what the suite writes of it, or of an
// altered one.
func liveRun(t *testing.T, simulator string, flags, env []string, altered ...alteration) (string, error) {
	t.Helper()
	url, cert := start(t, simulator, flags)
	if len(altered) > 0 {
		url, cert = altering(t, url, altered)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	suite := exec.CommandContext(ctx, self, "-test.run=^TestContract$", "-ginkgo.no-color", "-ginkgo.succinct")
	suite.Env = append(without(os.Environ(), "THOUGHTSPOT_"), append([]string{
		"THOUGHTSPOT_HOST=" + url, "THOUGHTSPOT_CA_FILE=" + cert,
		"THOUGHTSPOT_USERNAME=contract", "THOUGHTSPOT_PASSWORD=Guest@123!",
		"THOUGHTSPOT_SECRET_KEY=a-key-of-its-own", "THOUGHTSPOT_OBJECT_ID=" + anObject,
	}, env...)...)
	out, err := suite.CombinedOutput()
	return string(out), err
}

// buildSimulator builds tsauth and returns the executable.
func buildSimulator(t *testing.T) string {
	t.Helper()
	simulator := filepath.Join(t.TempDir(), "tsauth")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", simulator, "./cmd/tsauth")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return simulator
}

// start starts a simulator, which ends with the test. It returns its URL and a
// PEM file of its certificate.
func start(t *testing.T, simulator string, flags []string) (url, certificate string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	certificate = filepath.Join(t.TempDir(), "cert.pem")
	server := exec.CommandContext(ctx, simulator, append([]string{
		"simulate", "--addr", "127.0.0.1:0", "--tls", "--tls-cert-out", certificate,
		"--user", "contract:Guest@123!", "--org", "1:Sales", "--secret-key", "a-key-of-its-own",
	}, flags...)...)
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	server.Stderr = os.Stderr
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = server.Wait() // it was interrupted
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the simulator has not said its URL: %v", err)
	}
	return strings.TrimSpace(line), certificate
}

// without leaves out the variables whose names begin with prefix.
func without(env []string, prefix string) []string {
	var rest []string
	for _, v := range env {
		if !strings.HasPrefix(v, prefix) {
			rest = append(rest, v)
		}
	}
	return rest
}

func number(t *testing.T, out, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no %s in\n%s", pattern, out)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
