package otelmetrics_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	otelmetrics "github.com/go-thoughtspot/tsauth/examples/otel"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestFigures_AreExported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader := sdk.NewManualReader()
		metrics, err := otelmetrics.New(sdk.NewMeterProvider(sdk.WithReader(reader)).Meter("tsauth"))
		if err != nil {
			t.Fatal(err)
		}
		sim := authtest.New(authtest.WithUser("ann", ""))
		cluster, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey),
			authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}), authflow.WithObserver(metrics.Observe))
		if err != nil {
			t.Fatal(err)
		}
		if err := metrics.Watch(cluster); err != nil {
			t.Fatal(err)
		}
		ann, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		expect := func(when string, want map[string]float64) {
			t.Helper()
			got := collect(t, reader)
			for series, value := range want {
				if n, isThere := got[series]; !isThere || n != value {
					t.Errorf("%s: %s is %v, want %v; all: %v", when, series, n, value, got)
				}
			}
		}
		expect("at first", map[string]float64{"tsauth.cluster.budget []": 20, "tsauth.cluster.calls [call=mint class=ok]": 0,
			"tsauth.cluster.queue.length [urgency=caller]": 0, "tsauth.cluster.queue.oldest [urgency=revocation]": 0})
		for n := range 2 {
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(3*time.Second))
			if err := ann.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			expect("after a renewal", map[string]float64{"tsauth.cluster.calls [call=mint class=ok]": float64(n + 1), "tsauth.cluster.failing [class=overloaded]": 0,
				"tsauth.flow.acquisition [result=ok]": float64(3 * (n + 1)), "tsauth.cluster.suspects []": 0, "tsauth.cluster.unproven_keys []": 0, "tsauth.cluster.without_success []": 0})
			sim.Fail(authtest.OpGetFullAccessToken, 9, authtest.Status(http.StatusServiceUnavailable))
			if err := ann.Renew(t.Context()); err == nil {
				t.Fatal("no error from a server that is down")
			}
			time.Sleep(2 * time.Second) // fake clock
			expect("in an outage", map[string]float64{"tsauth.cluster.failing [class=overloaded]": 1, "tsauth.cluster.failing [class=rejected]": 0, "tsauth.cluster.suspects []": 1, "tsauth.cluster.rate_limit []": 50, "tsauth.cluster.without_success []": 2,
				"tsauth.flow.events [kind=renewal_failed]": float64(n + 1), "tsauth.flow.failures [class=overloaded]": float64(n + 1)})
			sim.ClearFaults()
			time.Sleep(time.Minute) // fake clock
		}
		if err := ann.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect("in the end", map[string]float64{"tsauth.flow.events [kind=ended]": 1, "tsauth.cluster.rejected_passwords []": 0, "tsauth.cluster.rate_limit.shared []": 0})
		if n := collect(t, reader)["tsauth.cluster.calls [call=revocation class=ok]"]; n < 1 {
			t.Errorf("%v revocations", n)
		}
	})
}

// collect returns the values of all series, and the sums of histograms.
func collect(t *testing.T, reader *sdk.ManualReader) map[string]float64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	set := func(name string, attrs attribute.Set, value float64) {
		values[fmt.Sprint(name, " ", texts(attrs))] = value
	}
	for _, m := range data.ScopeMetrics[0].Metrics {
		switch d := m.Data.(type) {
		case metricdata.Gauge[float64]:
			for _, p := range d.DataPoints {
				set(m.Name, p.Attributes, p.Value)
			}
		case metricdata.Sum[float64]:
			for _, p := range d.DataPoints {
				set(m.Name, p.Attributes, p.Value)
			}
		case metricdata.Sum[int64]:
			for _, p := range d.DataPoints {
				set(m.Name, p.Attributes, float64(p.Value))
			}
		case metricdata.Histogram[float64]:
			for _, p := range d.DataPoints {
				set(m.Name, p.Attributes, p.Sum)
			}
		default:
			t.Fatalf("%s is %T", m.Name, d)
		}
	}
	return values
}

// texts returns attributes as texts such as class=ok.
func texts(attrs attribute.Set) []string {
	var texts []string
	for _, a := range attrs.ToSlice() {
		texts = append(texts, string(a.Key)+"="+a.Value.AsString())
	}
	return texts
}
