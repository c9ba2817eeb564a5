package main

import (
	"fmt"
	"log"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
)

// withMetrics counts calls for tokens. The function that it returns prints how many there
// were.
func withMetrics() (authflow.Option, func()) {
	metrics := prometheus.New()
	registry := prom.NewRegistry()
	registry.MustRegister(metrics)
	printCalls := func() {
		families, err := registry.Gather()
		if err != nil {
			log.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() == "tsauth_cluster_calls_total" {
				fmt.Println("calls for tokens:", family.GetMetric()[0].GetCounter().GetValue())
			}
		}
	}
	return authflow.WithObserver(metrics.Observe), printCalls
}
