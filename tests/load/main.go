package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// load is how many users come, within which time, and how many tokens a second
// the token service asks for at most.
type load struct {
	users  int
	over   time.Duration
	pace   float64
	reload time.Duration // until who got an error loads the page again; 0: never
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	var l load
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.IntVar(&l.users, "users", 2500, "how many users come")
	flags.DurationVar(&l.over, "over", 2500*time.Millisecond, "within which time they come")
	flags.Float64Var(&l.pace, "pace", 50, "how many tokens a second authflow asks for at most; 0: any")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.Arg(0) == serveArg {
		return serve(ctx, l.pace, in, out)
	}
	columns := []column{{name: "tsauth"}, {name: "the vendor's SDK"}, {name: "… and reload"}}
	var err error
	if columns[0].result, err = l.tsauth(ctx); err != nil {
		return err
	}
	reloading := l
	reloading.reload = 5 * time.Second
	for i, l := range []load{l, reloading} {
		c := &columns[i+1]
		c.result, err = l.express(ctx)
		if errors.Is(err, errNoNode) {
			c.why = err
		} else if err != nil {
			return err
		}
	}
	write(out, l, columns)
	return nil
}

// tsauth runs the load on the token service.
func (l load) tsauth(ctx context.Context) (*result, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return l.on(ctx, self, "-pace", strconv.FormatFloat(l.pace, 'g', -1, 64), serveArg)
}

// errNoNode says why there is nothing to compare with.
var errNoNode = errors.New("needs Node, and `npm ci` in tests/load")

// express runs it on express.js.
func (l load) express(ctx context.Context) (*result, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errNoNode
	}
	if _, err := os.Stat("node_modules"); err != nil {
		return nil, errNoNode
	}
	return l.on(ctx, node, "express.js")
}

// on runs the load on a service that a command starts.
func (l load) on(ctx context.Context, command string, args ...string) (*result, error) {
	var mints, tooMany atomic.Int64
	sim := authtest.NewServer(authtest.WithRateLimit(100, 10), authtest.WithObserver(func(c authtest.Call) {
		switch c.Status {
		case http.StatusOK:
			mints.Add(1)
		case http.StatusTooManyRequests:
			tooMany.Add(1)
		}
	}))
	defer sim.Close()
	service, err := start(ctx, sim.URL, command, args...)
	if err != nil {
		return nil, err
	}
	// Twice what the pace makes of it, so that a run ends in any case.
	limit := l.over + time.Minute + time.Duration(l.users)*time.Second/25
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r := l.storm(ctx, service.addr)
	r.memory = service.memory()
	r.processor, err = service.stop()
	r.mints, r.refusedByCluster = int(mints.Load()), int(tooMany.Load())
	return r, err
}
