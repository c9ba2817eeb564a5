package main

import (
	"fmt"
	"log"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
)

// withMetrics counts what happens to tokens. The function that it returns prints how many
// were acquired.
func withMetrics() (authflow.Option, func()) {
	metrics := prometheus.New()
	registry := prom.NewRegistry()
	registry.MustRegister(metrics)
	printAcquired := func() {
		families, err := registry.Gather()
		if err != nil {
			log.Fatal(err)
		}
		for _, family := range families {
			for _, metric := range family.GetMetric() {
				isAcquired := family.GetName() == "tsauth_flow_events_total" && metric.GetLabel()[0].GetValue() == "acquired"
				if isAcquired {
					fmt.Println("acquired:", metric.GetCounter().GetValue())
				}
			}
		}
	}
	return authflow.WithObserver(metrics.Observe), printAcquired
}
