package prometheus

import (
	"errors"
	"slices"
	"strings"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// other is the value of a label for what this version does not know.
const other = "other"

// seconds are the buckets of the histograms. A call takes some 100 ms, and a queue
// may take minutes.
func seconds() []float64 { return []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120} }

// flowMetrics count the events of a Cluster and its Flows.
type flowMetrics struct {
	events, failures *prom.CounterVec
	acquisition      *prom.HistogramVec
}

func newFlowMetrics() flowMetrics {
	m := flowMetrics{
		events: prom.NewCounterVec(prom.CounterOpts{Namespace: namespace, Name: "flow_events_total",
			Help: "Events of flows and of their Store, by kind."}, []string{"kind"}),
		failures: prom.NewCounterVec(prom.CounterOpts{Namespace: namespace, Name: "flow_failures_total",
			Help: "Acquisitions and renewals of credentials that failed, by class of outcome."}, []string{"class"}),
		acquisition: prom.NewHistogramVec(prom.HistogramOpts{Namespace: namespace, Name: "flow_acquisition_seconds",
			Help:    "How long acquisitions and renewals of credentials took, including the rate-limit queue, by result.",
			Buckets: seconds()}, []string{"result"}),
	}
	// Each series exists from the first scrape, so that rates count its first event.
	for _, kind := range authflow.EventKinds() {
		m.events.WithLabelValues(kindLabel(kind))
	}
	m.events.WithLabelValues(other)
	for _, class := range failureClasses() {
		m.failures.WithLabelValues(class)
	}
	m.acquisition.WithLabelValues("ok")
	m.acquisition.WithLabelValues("failed")
	return m
}

func (m *flowMetrics) all() []prom.Collector {
	return []prom.Collector{m.events, m.failures, m.acquisition}
}

// Observe counts an event. Give it to [authflow.WithObserver].
func (c *Collector) Observe(e authflow.Event) {
	m := &c.flows
	m.events.WithLabelValues(kindLabel(e.Kind)).Inc()
	switch e.Kind {
	case authflow.Acquired, authflow.Renewed:
		m.acquisition.WithLabelValues("ok").Observe(e.Duration.Seconds())
	case authflow.RenewalFailed:
		m.acquisition.WithLabelValues("failed").Observe(e.Duration.Seconds())
		m.failures.WithLabelValues(classLabel(e.Err)).Inc()
	}
}

// kindLabel returns a kind as a label: one of a fixed set, whatever the kind is.
func kindLabel(kind authflow.EventKind) string {
	if !slices.Contains(authflow.EventKinds(), kind) {
		return other
	}
	return strings.ReplaceAll(string(kind), " ", "_")
}

// classLabel returns the class of a failure as a label: one of a fixed set. A class
// that only a function of the user names is not used, because it may be any text.
func classLabel(err error) string {
	var e *authflow.Error
	if !errors.As(err, &e) || !slices.Contains(failureClasses(), e.Class()) {
		return other
	}
	return e.Class()
}

// failureClasses are the classes without the class of a success.
func failureClasses() []string {
	return slices.DeleteFunc(authflow.Classes(), func(class string) bool { return class == "ok" })
}
