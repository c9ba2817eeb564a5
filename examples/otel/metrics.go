// Package otelmetrics exports the figures of a Cluster and its Flows by the metrics
// of OpenTelemetry. It is an example to copy: authflow itself does not depend on
// OpenTelemetry.
//
//	metrics, err := otelmetrics.New(otel.Meter("tsauth"))
//	cluster, err := authflow.New(host, authflow.WithObserver(metrics.Observe), …)
//	err = metrics.Watch(cluster)
//
// The names are those of package authflow/prometheus, which describes the figures. A pool and a token service are read by their Stats in the same way.
package otelmetrics

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Metrics exports the figures of one Cluster. It is safe for concurrent use.
type Metrics struct {
	meter            metric.Meter
	events, failures metric.Int64Counter
	acquisition      metric.Float64Histogram
}

// New returns the Metrics of a meter. The error is an error of the meter.
func New(meter metric.Meter) (*Metrics, error) {
	m := &Metrics{meter: meter}
	var errs [3]error
	m.events, errs[0] = meter.Int64Counter("tsauth.flow.events", metric.WithUnit("{event}"))
	m.failures, errs[1] = meter.Int64Counter("tsauth.flow.failures", metric.WithUnit("{acquisition}"))
	m.acquisition, errs[2] = meter.Float64Histogram("tsauth.flow.acquisition", metric.WithUnit("s"))
	return m, errors.Join(errs[:]...)
}

// Observe counts an event. Give it to [authflow.WithObserver].
func (m *Metrics) Observe(e authflow.Event) {
	ctx := context.Background()
	m.events.Add(ctx, 1, metric.WithAttributes(attribute.String("kind", strings.ReplaceAll(string(e.Kind), " ", "_"))))
	switch e.Kind {
	case authflow.Acquired, authflow.Renewed:
		m.acquisition.Record(ctx, e.Duration.Seconds(), metric.WithAttributes(attribute.String("result", "ok")))
	case authflow.RenewalFailed:
		m.acquisition.Record(ctx, e.Duration.Seconds(), metric.WithAttributes(attribute.String("result", "failed")))
		class := "other"
		if err := (*authflow.Error)(nil); errors.As(e.Err, &err) {
			class = err.Class()
		}
		m.failures.Add(ctx, 1, metric.WithAttributes(attribute.String("class", class)))
	}
}

// Watch exports the state of a Cluster at each collection. The error is an error of
// the meter.
func (m *Metrics) Watch(cluster *authflow.Cluster) error {
	var errs []error
	read := func(figure func(authflow.Stats, set)) metric.Float64Callback {
		return func(_ context.Context, o metric.Float64Observer) error {
			figure(cluster.Stats(), func(value float64, attrs ...attribute.KeyValue) { o.Observe(value, metric.WithAttributes(attrs...)) })
			return nil
		}
	}
	gauge := func(name, unit string, figure func(authflow.Stats, set)) {
		_, err := m.meter.Float64ObservableGauge("tsauth.cluster."+name, metric.WithUnit(unit), metric.WithFloat64Callback(read(figure)))
		errs = append(errs, err)
	}
	_, err := m.meter.Float64ObservableCounter("tsauth.cluster.calls", metric.WithUnit("{call}"), metric.WithFloat64Callback(read(calls)))
	errs = append(errs, err)
	gauge("queue.length", "{request}", func(s authflow.Stats, set set) {
		set(float64(s.Queue.Callers.Length), attribute.String("urgency", "caller"))
		set(float64(s.Queue.Ahead.Length), attribute.String("urgency", "ahead"))
		set(float64(s.Queue.Revocations.Length), attribute.String("urgency", "revocation"))
	})
	gauge("queue.oldest", "s", func(s authflow.Stats, set set) {
		set(s.Queue.Callers.Oldest.Seconds(), attribute.String("urgency", "caller"))
		set(s.Queue.Ahead.Oldest.Seconds(), attribute.String("urgency", "ahead"))
		set(s.Queue.Revocations.Oldest.Seconds(), attribute.String("urgency", "revocation"))
	})
	gauge("budget", "{call}", func(s authflow.Stats, set set) { set(s.Budget) })
	gauge("failing", "1", failing)
	gauge("without_success", "s", func(s authflow.Stats, set set) { set(oneIf(!s.Since.IsZero()) * time.Since(s.Since).Seconds()) })
	gauge("rate_limit", "{call}/s", func(s authflow.Stats, set set) { set(s.Rate) })
	gauge("rate_limit.shared", "1", func(s authflow.Stats, set set) { set(oneIf(s.SharedRate)) })
	gauge("store.failing", "1", func(s authflow.Stats, set set) { set(oneIf(s.Store.Failing != "")) })
	gauge("suspects", "{principal}", func(s authflow.Stats, set set) { set(float64(s.Suspects)) })
	gauge("rejected_passwords", "{password}", func(s authflow.Stats, set set) { set(float64(s.RejectedPasswords)) })
	gauge("unproven_keys", "{key}", func(s authflow.Stats, set set) { set(float64(s.UnprovenKeys)) })
	return errors.Join(errs...)
}

// set adds a value to a collection.
type set func(value float64, attrs ...attribute.KeyValue)

func calls(s authflow.Stats, set set) {
	for _, class := range authflow.Classes() {
		set(float64(s.Mints[class]), attribute.String("call", "mint"), attribute.String("class", class))
		set(float64(s.Revocations[class]), attribute.String("call", "revocation"), attribute.String("class", class))
	}
}

// failing exports why the budget shrinks: 1 for the class of the latest failure.
func failing(s authflow.Stats, set set) {
	for _, class := range authflow.Classes()[1:] { // all but "ok"
		set(oneIf(s.LastFailure == class), attribute.String("class", class))
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
