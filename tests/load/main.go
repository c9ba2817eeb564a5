package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"
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

// load is how many users come, within which time, how many tokens a second the
// token service requests at most, and how many calls at once the cluster takes.
type load struct {
	users  int
	over   time.Duration
	rate   float64
	burst  int
	reload time.Duration // until who got an error loads the page again; 0: never
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	var l load
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.IntVar(&l.users, "users", 2500, "how many users come")
	flags.DurationVar(&l.over, "over", 2500*time.Millisecond, "within which time they come")
	flags.Float64Var(&l.rate, "rate", 50, "how many tokens a second authflow requests at most; 0: any")
	flags.IntVar(&l.burst, "burst", 10, "how many calls at once the cluster lets through")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch flags.Arg(0) {
	case serveArg:
		return serve(ctx, l.rate, in, out)
	case clusterArg:
		return cluster(l.burst, in, out)
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
	return l.on(ctx, self, "-rate", strconv.FormatFloat(l.rate, 'g', -1, 64), serveArg)
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
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cluster, err := start(ctx, "", self, "-burst", strconv.Itoa(l.burst), clusterArg)
	if err != nil {
		return nil, err
	}
	service, err := start(ctx, cluster.url, command, args...)
	if err != nil {
		_, e := cluster.stop()
		return nil, errors.Join(err, e)
	}
	// Twice as long as the rate limit requires, so that a run ends in any case.
	storm, cancel := context.WithTimeout(ctx, l.over+time.Minute+time.Duration(l.users)*time.Second/25)
	defer cancel()
	r := l.storm(storm, strings.TrimPrefix(service.url, "http://"))
	r.memory = service.memory()
	_, failed := service.stop()
	r.processor = service.processor()
	said, err := cluster.stop()
	if err := errors.Join(failed, err); err != nil {
		return nil, err
	}
	_, err = fmt.Sscan(said, &r.mints, &r.refusedByCluster)
	return r, err
}
