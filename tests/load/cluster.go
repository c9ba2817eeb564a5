package main

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// clusterArg makes the command the cluster.
const clusterArg = "cluster"

// cluster is the cluster, until in ends: then it prints how many tokens it gave,
// and how many calls it rejected with 429. It is a process of its own, because it
// would reject what it gets late, and all at once, among 10,000 busy clients.
func cluster(burst int, in io.Reader, out io.Writer) error {
	var mints, refused atomic.Int64
	sim := authtest.NewServer(authtest.WithRateLimit(100, burst), authtest.WithObserver(func(c authtest.Call) {
		switch c.Status {
		case http.StatusOK:
			mints.Add(1)
		case http.StatusTooManyRequests:
			refused.Add(1)
		}
	}))
	defer sim.Close()
	fmt.Fprintln(out, sim.URL)
	_, err := io.Copy(io.Discard, in)
	fmt.Fprintln(out, mints.Load(), refused.Load())
	return err
}
