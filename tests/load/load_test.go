package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain is the token service and the cluster, too: the load starts its own
// executable for them.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, serveArg) || slices.Contains(os.Args, clusterArg) {
		if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// burst is the burst of the tests' cluster. A real server has 10, but a machine that
// stalls for half a second lets 25 calls arrive at once that were well apart.
const burst = 50

// Many more users come at once than the cluster serves in that time.
// Each of their pages gets a token of its own, slow ones and crowds of tabs as
// well, and the cluster rejects no call.
func TestEveryPageIsServed(t *testing.T) {
	r, err := load{users: 300, over: 300 * time.Millisecond, rate: 50, burst: burst}.tsauth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if pages := 300 + tabs - 1; r.pages != pages || r.answers[http.StatusOK] != pages || r.without != 0 || r.broken != 0 {
		t.Errorf("%d pages, %d without a token, %d connections failed, answers %v", r.pages, r.without, r.broken, r.answers)
	}
	if r.twice != 0 || r.mints != r.pages {
		t.Errorf("%d tokens given twice, %d mints for %d pages", r.twice, r.mints, r.pages)
	}
	if r.refusedByCluster != 0 {
		t.Errorf("the cluster rejected %d calls", r.refusedByCluster)
	}
	if len(r.slow) != 3 || len(r.crowded) != tabs || len(r.waits) != 300-3-1 {
		t.Errorf("%d slow pages, %d of a crowd and %d others got a token", len(r.slow), len(r.crowded), len(r.waits))
	}
	// The crowd is told to ask again, and nobody else is.
	if r.answers[http.StatusTooManyRequests] < tabs-20 || len(r.answers) != 2 {
		t.Errorf("answers %v", r.answers)
	}
	if w := r.waits.at(1); w > 25*time.Second {
		t.Errorf("somebody waited %v", w)
	}
}

// Without the rate limit the cluster rejects calls, so the load needs the limit.
func TestTheLoadIsMoreThanTheClusterTakes(t *testing.T) {
	r, err := load{users: 150, over: 150 * time.Millisecond, burst: burst}.tsauth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.refusedByCluster == 0 {
		t.Error("the cluster rejected nothing")
	}
}

// express.js works: what the cluster lets through reaches the pages.
func TestTheVendorsWay(t *testing.T) {
	r, err := load{users: 150, over: 150 * time.Millisecond, burst: burst}.express(t.Context())
	if errors.Is(err, errNoNode) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.answers[http.StatusOK] < 10 || r.answers[http.StatusOK] != r.mints || r.twice != 0 {
		t.Errorf("answers %v, %d mints, %d tokens given twice", r.answers, r.mints, r.twice)
	}
}

// Where there is no Node, the table says so.
func TestTheTableWithoutNode(t *testing.T) {
	t.Setenv("PATH", "")
	var out strings.Builder
	if err := run(t.Context(), []string{"-users", "5", "-over", "5ms"}, nil, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| … got a token | 5 | – | – |", "the vendor's SDK: needs Node"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}
