// Package prometheus measures a Cluster with its Flows, a pool and a token service
// for Prometheus. It is a module of its own, so that other programs do not depend on
// Prometheus' client.
//
//	metrics := prometheus.New()
//	cluster, err := authflow.New(host, authflow.WithObserver(metrics.Observe), …)
//	…
//	metrics.WatchCluster(cluster)
//	registry.MustRegister(metrics)
//
// A program with a pool adds WatchPool. A program with a token service adds
// WatchService, and tokenservice.WithObserver(metrics.ObserveRequest).
//
// # Metrics of the Cluster
//
//	tsauth_cluster_calls_total{call,class}        calls for credentials (mint) and calls that end
//	                                              them (revocation), by class of outcome
//	tsauth_cluster_queue_length{urgency}          requests in the rate-limit queue: caller,
//	                                              ahead (renewals ahead of time) or revocation
//	tsauth_cluster_queue_oldest_seconds{urgency}  how long the oldest of them has waited
//	tsauth_cluster_budget_calls                   calls that may be sent before the next success;
//	                                              20 while the server works, and below 1 the
//	                                              circuit breaker holds all calls back
//	tsauth_cluster_failing{class}                 1 for the class of the latest failure, until a
//	                                              call succeeds or five minutes have passed: why
//	                                              the budget shrinks
//	tsauth_cluster_without_success_seconds        time since the first call after the latest
//	                                              success; 0 if no call was sent since
//	tsauth_cluster_rate_limit                     calls a second in force; 0 means no limit
//	tsauth_cluster_rate_limit_shared              1 while the Store shares the rate
//	tsauth_cluster_store_failing                  1 while an operation of the Store fails
//	tsauth_cluster_suspects                       principals whose latest call failed
//	tsauth_cluster_rejected_passwords             passwords that count as rejected now
//	tsauth_cluster_unproven_keys                  secret keys in use that no response has proven
//
// # Metrics of the Flows
//
//	tsauth_flow_events_total{kind}                events, such as acquired, renewed, invalidated,
//	                                              replayed, and store_failed for a failed Store
//	tsauth_flow_failures_total{class}             acquisitions and renewals that failed, by class
//	tsauth_flow_acquisition_seconds{result}       how long acquisitions took that succeeded (ok)
//	                                              or failed, with their time in the queue
//
// # Metrics of a pool
//
//	tsauth_pool_flows                             flows, one for each user
//	tsauth_pool_created_total                     flows that were made
//	tsauth_pool_create_failures_total             flows that could not be made
//	tsauth_pool_dropped_total                     flows that were dropped: idle, or no room
//	tsauth_pool_forgotten_total                   flows that Forget logged out
//
// # Metrics of a token service
//
//	tsauth_tokenservice_requests_total{outcome}   requests for tokens, by [tokenservice.Outcome]
//	tsauth_tokenservice_mint_seconds              how long new tokens took, with the queue
//	tsauth_tokenservice_in_flight                 requests in progress
//	tsauth_tokenservice_waiting                   requests in progress that wait for the cluster
//	tsauth_tokenservice_users                     users that the service remembers
//	tsauth_tokenservice_failed_sign_outs          sign-outs that have failed and are tried again
//	tsauth_tokenservice_draining                  1 after Shutdown
//	tsauth_tokenservice_outage{reason}            1 while the cluster gives no tokens: unreachable,
//	                                              maintenance, rate_limited or unavailable
//
// Requests over a limit of the service have the outcomes limited and limited_all;
// a 429 of the cluster has the outcome throttled.
//
// Every label has a fixed set of values, and each value has its series from the
// start. [authflow.Classes] has the classes. No label has a user, a host or a
// secret.
//
// # Several clusters
//
// A Collector is for one Cluster, one pool and one service. Make one for each
// Cluster, and tell them apart by a label:
//
//	prom.WrapRegistererWith(prom.Labels{"cluster": "emea"}, registry).MustRegister(emea)
//
// # Alerts
//
// These are worth an alert, if they last for some minutes: calls that fail without a
// success in between, rejected credentials, callers that wait for long, and replicas
// that mint for themselves because of their Store.
//
//	tsauth_cluster_failing == 1
//	tsauth_cluster_rejected_passwords + tsauth_cluster_unproven_keys > 0
//	tsauth_cluster_queue_oldest_seconds{urgency="caller"} > 10
//	rate(tsauth_flow_events_total{kind="store_failed"}[5m]) > 0
package prometheus
