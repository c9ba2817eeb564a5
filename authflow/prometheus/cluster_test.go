package prometheus_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestR14_Outage_ShowsUntilACallSucceeds(t *testing.T) {
	inBubble(t, func(r *rig) {
		ann, bob := r.flow("ann"), r.flow("bob")
		for round := range 2 {
			r.renew(ann)
			r.has("while the server works", "cluster_budget_calls 20", "cluster_without_success_seconds 0", "cluster_suspects 0",
				`cluster_failing{class="overloaded"} 0`, `cluster_failing{class="rateLimited"} 0`)
			r.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(http.StatusServiceUnavailable))
			began := time.Now()
			if err := bob.Renew(r.t.Context()); err == nil {
				t.Fatal("no error from a server that is down")
			}
			r.has("in an outage", `cluster_failing{class="overloaded"} 1`, `cluster_failing{class="rateLimited"} 0`, "cluster_suspects 1",
				fmt.Sprintf("cluster_without_success_seconds %v", time.Since(began).Seconds()),
				fmt.Sprintf(`cluster_calls_total{call="mint",class="overloaded"} %d`, r.sim.Calls(authtest.OpGetFullAccessToken)-2*round-1))
			if budget := r.value("cluster_budget_calls"); budget >= 20 {
				t.Errorf("the budget is %v in an outage", budget)
			}
			r.sim.ClearFaults()
			time.Sleep(time.Minute) // fake clock
			r.renew(bob)
		}
		r.has("after the outages", "cluster_budget_calls 20", `cluster_failing{class="overloaded"} 0`, `cluster_calls_total{call="mint",class="ok"} 4`)
	})
}

func TestR9_Queue_ShowsByUrgency(t *testing.T) {
	inBubble(t, func(r *rig) {
		ann, bob, eve := r.flow("ann"), r.flow("bob"), r.flow("eve")
		r.renew(ann) // takes the burst, and proves the key
		for range 2 {
			var calls sync.WaitGroup
			for _, f := range []*authflow.Flow{bob, eve} {
				calls.Go(func() { _ = f.Renew(r.t.Context()) })
			}
			calls.Go(func() { _ = ann.Logout(r.t.Context()) })
			synctest.Wait()
			time.Sleep(500 * time.Millisecond) // fake clock
			r.has("in the queue", `cluster_queue_length{urgency="caller"} 2`, `cluster_queue_length{urgency="revocation"} 1`,
				`cluster_queue_length{urgency="ahead"} 0`, `cluster_queue_oldest_seconds{urgency="caller"} 0.5`, `cluster_queue_oldest_seconds{urgency="revocation"} 0.5`,
				`cluster_queue_oldest_seconds{urgency="ahead"} 0`, "cluster_rate_limit 1", "cluster_rate_limit_shared 0", "cluster_store_failing 0")
			calls.Wait()
			ann = r.flow("ann")
			time.Sleep(1100 * time.Millisecond) // fake clock
			r.renew(ann)
		}
		r.has("in the end", `cluster_queue_length{urgency="caller"} 0`, `cluster_queue_oldest_seconds{urgency="caller"} 0`,
			`cluster_calls_total{call="mint",class="ok"} 7`, `cluster_calls_total{call="revocation",class="ok"} 2`)
	}, authflow.WithRateLimit(1, 1))
}

func TestR6_RejectedCredentials_AreCounted(t *testing.T) {
	inBubble(t, func(r *rig) {
		for i, user := range []string{"ann", "bob"} {
			session, err := r.cluster.Session(gen.LoginRequest{Username: user, Password: "wrong"})
			if err != nil {
				t.Fatal(err)
			}
			if err := session.Renew(r.t.Context()); err == nil {
				t.Fatal("a wrong password was accepted")
			}
			if err := r.flow(user).Renew(r.t.Context()); err == nil {
				t.Fatal("a wrong key was accepted")
			}
			r.has("after the rejection", fmt.Sprintf("cluster_rejected_passwords %d", i+1), "cluster_unproven_keys 1",
				fmt.Sprintf(`cluster_calls_total{call="mint",class="rejected"} %d`, 2*(i+1)), fmt.Sprintf(`flow_failures_total{class="rejected"} %d`, 2*(i+1)))
			time.Sleep(2 * time.Second) // fake clock
		}
		time.Sleep(2 * time.Hour) // fake clock
		r.has("two hours later", "cluster_rejected_passwords 0")
	}, authflow.WithSecretKey("wrong"))
}

// Each class and urgency has its series before anything has happened, so that rates
// count the first event.
func TestLabels_HaveTheirSeriesFromTheStart(t *testing.T) {
	inBubble(t, func(r *rig) {
		var want []string
		for _, class := range authflow.Classes() {
			want = append(want, fmt.Sprintf(`cluster_calls_total{call="mint",class=%q} 0`, class), fmt.Sprintf(`cluster_calls_total{call="revocation",class=%q} 0`, class))
			if class != "ok" {
				want = append(want, fmt.Sprintf(`cluster_failing{class=%q} 0`, class), fmt.Sprintf(`flow_failures_total{class=%q} 0`, class))
			}
		}
		for _, urgency := range []string{"caller", "ahead", "revocation"} {
			want = append(want, fmt.Sprintf(`cluster_queue_length{urgency=%q} 0`, urgency), fmt.Sprintf(`cluster_queue_oldest_seconds{urgency=%q} 0`, urgency))
		}
		for _, kind := range authflow.EventKinds() {
			want = append(want, fmt.Sprintf(`flow_events_total{kind=%q} 0`, strings.ReplaceAll(string(kind), " ", "_")))
		}
		want = append(want, `flow_events_total{kind="other"} 0`, `flow_acquisition_seconds_count{result="ok"} 0`, `flow_acquisition_seconds_count{result="failed"} 0`)
		r.has("before the first call", want...)
		if page := r.scrape(); strings.Contains(page, "tsauth_pool_") || strings.Contains(page, "tsauth_tokenservice_") {
			t.Errorf("what is not watched has series:\n%s", page)
		}
	})
}

func TestTwoClusters_AreToldApartByALabel(t *testing.T) {
	registry := prom.NewPedanticRegistry()
	var sims []*authtest.Server
	for _, region := range []string{"emea", "apac"} {
		sim := authtest.NewServer(authtest.WithUser("ann", ""))
		defer sim.Close()
		sims = append(sims, sim)
		metrics := prometheus.New()
		cluster, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithObserver(metrics.Observe))
		if err != nil {
			t.Fatal(err)
		}
		metrics.WatchCluster(cluster)
		prom.WrapRegistererWith(prom.Labels{"cluster": region}, registry).MustRegister(metrics)
		for range len(sims) {
			if err := newFlow(t, cluster, "ann").Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	page := scrape(t, registry)
	for _, line := range []string{`tsauth_flow_events_total{cluster="emea",kind="acquired"} 1`, `tsauth_cluster_calls_total{call="mint",class="ok",cluster="apac"} 2`} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("%s is not in\n%s", line, page)
		}
	}
}

// The client of Prometheus collects in a goroutine of its own, where a panic would
// end the process.
func TestClusterThatIsNil_FailsTheScrapeOnly(t *testing.T) {
	metrics := prometheus.New()
	metrics.WatchCluster(nil)
	registry := prom.NewPedanticRegistry()
	registry.MustRegister(metrics)
	for range 2 {
		families, err := registry.Gather()
		if err == nil || !strings.Contains(err.Error(), "Stats panicked") {
			t.Errorf("got %v", err)
		}
		if len(families) == 0 {
			t.Error("the counts of the flows are lost")
		}
	}
}
