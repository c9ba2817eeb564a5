package main

import (
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// newTokens returns the service that gives the browsers of signed-in users their
// tokens, each with the user's rules.
func newTokens(host string, key gen.Secret, db users, metrics *prometheus.Collector, opts ...authflow.Option) (*tokenservice.Service, error) {
	cluster, err := authflow.New(host, append(opts, authflow.WithSecretKey(key), authflow.WithObserver(metrics.Observe))...)
	if err != nil {
		return nil, err
	}
	metrics.WatchCluster(cluster)
	return tokenservice.New(cluster, func(r *http.Request) (tokenservice.Request, error) {
		u, err := db.signedIn(r)
		if err != nil {
			return tokenservice.Request{}, err
		}
		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{
			Username:          u.name,
			PersistOption:     gen.PersistOptionReplace,
			VariableValues:    []gen.VariableValues{{Name: "region", Values: []gen.FilterValue{u.region}}},
			ValidityTimeInSec: 3600,
		}), nil
	}, tokenservice.WithObserver(metrics.ObserveRequest))
}
