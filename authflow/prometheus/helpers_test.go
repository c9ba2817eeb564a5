package prometheus_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	prom "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
	"github.com/go-thoughtspot/tsauth/gen"
)

// rig is a Cluster on a simulator, and a Collector that watches it.
type rig struct {
	t        *testing.T
	sim      *authtest.Simulator
	cluster  *authflow.Cluster
	metrics  *prometheus.Collector
	registry *prom.Registry
}

// inBubble runs test in a synctest bubble, with the users ann, bob and eve, and holds
// the last scrape to the rules of Prometheus.
func inBubble(t *testing.T, test func(*rig), opts ...authflow.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{
			t: t, sim: authtest.New(authtest.WithUser("ann", "ann's password"), authtest.WithUser("bob", ""), authtest.WithUser("eve", "")),
			metrics: prometheus.New(), registry: prom.NewPedanticRegistry(),
		}
		opts = slices.Concat([]authflow.Option{authflow.WithHTTPClient(r.sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey),
			authflow.WithObserver(r.metrics.Observe)}, opts)
		var err error
		if r.cluster, err = authflow.New(r.sim.URL, opts...); err != nil {
			t.Fatal(err)
		}
		r.metrics.WatchCluster(r.cluster)
		r.registry.MustRegister(r.metrics)
		test(r)
		problems, err := testutil.GatherAndLint(r.registry)
		if err != nil || len(problems) > 0 {
			t.Errorf("%v, %v", problems, err)
		}
	})
}

// newFlow returns a Flow of full access for a user.
func newFlow(tb testing.TB, cluster *authflow.Cluster, user string) *authflow.Flow {
	tb.Helper()
	f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func (r *rig) flow(user string) *authflow.Flow {
	r.t.Helper()
	return newFlow(r.t, r.cluster, user)
}

// renew makes a user's Flow get a credential.
func (r *rig) renew(f *authflow.Flow) {
	r.t.Helper()
	if err := f.Renew(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// scrape returns the page of metrics.
func (r *rig) scrape() string {
	r.t.Helper()
	return scrape(r.t, r.registry)
}

func scrape(t *testing.T, registry *prom.Registry) string {
	t.Helper()
	page := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if page.Code != http.StatusOK {
		t.Fatalf("a scrape got %d: %s", page.Code, page.Body)
	}
	return page.Body.String()
}

// has checks that a scrape has lines, such as `pool_flows 1`.
func (r *rig) has(when string, lines ...string) {
	r.t.Helper()
	page := r.scrape()
	for _, line := range lines {
		if !strings.Contains("\n"+page, "\ntsauth_"+line+"\n") {
			r.t.Errorf("%s: %s is not in\n%s", when, line, page)
		}
	}
}

// value returns the value of a series, such as `pool_flows`.
func (r *rig) value(series string) float64 {
	r.t.Helper()
	for line := range strings.Lines(r.scrape()) {
		text, isSeries := strings.CutPrefix(line, "tsauth_"+series+" ")
		if !isSeries {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			r.t.Fatal(err)
		}
		return value
	}
	r.t.Fatalf("there is no %s", series)
	return 0
}
