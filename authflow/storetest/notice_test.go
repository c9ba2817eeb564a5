package storetest

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// recorder is a test that is expected to fail.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	failed []string
}

func (r *recorder) Helper() {}

func (r *recorder) Logf(string, ...any) {}

func (r *recorder) Skip(args ...any) { r.Fatal(args...) }

func (r *recorder) Error(args ...any) { r.Errorf("%s", fmt.Sprint(args...)) }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatal(args ...any) { r.Error(args...); runtime.Goexit() }

func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }

// failures runs a check, and returns what it says against a Store.
func failures(t *testing.T, c check, s authflow.Store) []string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.run(&subject{r, s, time.Second})
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func checkNamed(t *testing.T, name string) check {
	t.Helper()
	i := slices.IndexFunc(checks(), func(c check) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("there is no check %q", name)
	}
	return checks()[i]
}

func TestRun_BrokenStores_Fail(t *testing.T) {
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := new(broken)
			fault.breaks(b)
			c := checkNamed(t, fault.notice)
			for range 5 { // some take a race
				if len(failures(t, c, b)) > 0 {
					return
				}
			}
			t.Errorf("%q does not notice", fault.notice)
		})
	}
}

// The checks that notice a fault pass with a Store that has none.
func TestRun_Memory_PassesEachCheck(t *testing.T) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if failed := failures(t, c, new(broken)); len(failed) > 0 {
				t.Error(failed)
			}
		})
	}
}

func TestDoc_Checks_AreAllListed(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Count(string(doc), "\n//   - ")
	for _, c := range checks() {
		if !strings.Contains(string(doc), "\n//   - "+c.name) {
			t.Errorf("doc.go does not list %q", c.name)
		}
	}
	if listed != len(checks()) {
		t.Errorf("doc.go lists %d checks, there are %d", listed, len(checks()))
	}
}
