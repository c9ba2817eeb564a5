package replicas

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// skewedReplica builds the program with a package time whose clock is wrong by
// the seconds in SKEW. libfaketime does nothing to programs in Go, which do not
// ask the C library for the time.
func skewedReplica(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(runtime.GOROOT(), "src", "time", "time.go") //nolint:staticcheck // the test runs where it was built
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	const now = "sec, nsec, mono := runtimeNow()\n"
	before, after, found := strings.Cut(string(text), "func Now() Time {\n\t"+now)
	if !found {
		t.Fatal("package time is not what it was: Now does not begin with " + now)
	}
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		source: write("time.go", before+"func Now() Time {\n\t"+now+"\tsec += skew\n"+after),
		filepath.Join(filepath.Dir(source), "skew.go"): write("skew.go", `package time

import "syscall"

var skew = func() (n int64) {
	text, _ := syscall.Getenv("SKEW")
	d, _ := ParseDuration(text)
	return int64(d / Second)
}()
`),
	}})
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "replica")
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", write("overlay.json", string(overlay)), "-o", program, "./replica")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return program
}

// R1, K1: the clocks of the replicas are hours apart. A token is kept for as long
// as with right clocks, and not used past its end.
func TestK1_ClocksHoursApart_CostNoTokens(t *testing.T) {
	t.Parallel()
	const users, every = 20, time.Second / 2
	program := skewedReplica(t)
	skews := []string{"-5h", "0s", "7h"}
	f := newFleet(t, settings{
		replicas: 3, validity: 8, rate: 50, serverRate: 200,
		program: func(int) string { return program },
		env:     func(n int) []string { return []string{"SKEW=" + skews[n]} },
	})
	for n, skew := range skews {
		d, _ := time.ParseDuration(skew)
		text, err := f.get(n, "/now")
		got, err2 := time.Parse(time.RFC3339, text)
		if off := time.Until(got) - d; err != nil || err2 != nil || off.Abs() > 10*time.Second {
			t.Fatalf("the clock of replica %d is %q, which is not %v off: %v", n, text, skew, err)
		}
	}
	// All users begin at the same time, and so their renewals come in waves. Whole
	// waves are counted.
	rate := f.model(users, every).Steady().Mints
	lasts := time.Duration(4 * users / rate * float64(time.Second))
	l := f.work(users, every, "/call")
	pass(t, 8*time.Second)
	before := f.mints()
	pass(t, lasts)
	mints := f.mints() - before
	l.end()
	model := rate * lasts.Seconds()
	replayed := f.stats()["replayed"]
	t.Logf("%d tokens, by the model %.0f; %d requests met an expired token", mints, model, replayed)
	if got := float64(mints); got > 1.2*model || got < .8*model {
		t.Errorf("%d tokens, by the model %.0f", mints, model)
	}
	if replayed > 0 {
		t.Errorf("%d requests met an expired token", replayed)
	}
}
