package main

import (
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// newTokens returns the service that gives the browsers of signed-in users their
// tokens. A sign-out ends all tokens of a user, because each user of ThoughtSpot is one
// person here.
func newTokens(cluster *authflow.Cluster, db users, metrics *prometheus.Collector) (*tokenservice.Service, error) {
	return tokenservice.New(cluster, func(r *http.Request) (tokenservice.Request, error) {
		u, err := db.signedIn(r)
		if err != nil {
			return tokenservice.Request{}, err
		}
		return tokenservice.Custom(accessOf(u)), nil
	}, tokenservice.WithObserver(metrics.ObserveRequest), tokenservice.WithSignOutEverywhere(nil))
}

// accessOf returns the request for a token of a user, with the user's rules.
func accessOf(u user) gen.GetCustomAccessTokenRequest {
	return gen.GetCustomAccessTokenRequest{
		Username:          u.name,
		PersistOption:     gen.PersistOptionReplace,
		VariableValues:    []gen.VariableValues{{Name: "region", Values: []gen.FilterValue{u.region}}},
		ValidityTimeInSec: 3600,
	}
}
