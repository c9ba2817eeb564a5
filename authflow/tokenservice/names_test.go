package tokenservice_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Package authflow takes names for one user that strings.EqualFold takes for equal. Ann
// signs out under another spelling, and users with similar names keep their tokens.
func TestU2_T5_NamesThatDifferByCaseAlone_AreOneUser(t *testing.T) {
	for _, c := range []struct {
		name, other string
		isOne       bool
	}{
		{"ann", "ANN", true},
		{"zoë", "ZOË", true},
		{"σας", "ΣΑΣ", true}, // two small letters have one capital letter
		{"\u212belvin", "åelvin", true},
		{"inan", "İnan", false},
		{"inan", "ınan", false},
		{"zoë", "zoe\u0308", false}, // other bytes
		{"ann", "ａnn", false},
	} {
		for _, names := range [][2]string{{c.name, c.other}, {c.other, c.name}} {
			t.Run(names[0]+" and "+names[1], func(t *testing.T) {
				yes := true
				in(t, func(r *http.Request) (tokenservice.Request, error) {
					return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: r.URL.Query().Get("as"), ValidityTimeInSec: 600, AutoCreate: &yes}), nil
				}, func(t *testing.T, x *rig) {
					as := func(method, name string) got {
						return x.send(request(t, method, address+"?as="+url.QueryEscape(name), ""))
					}
					for range 2 {
						value := token(t, as("GET", names[0]))
						if resp := as("DELETE", names[1]); resp.status != 204 {
							t.Errorf("the sign-out: %d %s", resp.status, resp.body)
						}
						if isEnded := !x.alive(t, value); isEnded != c.isOne {
							t.Errorf("the sign-out of %s has ended the token of %s: %v", names[1], names[0], isEnded)
						}
					}
					for range 6 {
						as("HEAD", names[0])
					}
					resp := as("HEAD", names[1])
					if isLimited := resp.status == 429; isLimited != c.isOne {
						t.Errorf("the requests of %s use up the limit of %s: %v", names[0], names[1], isLimited)
					}
				}, tokenservice.WithUserLimit(0.001, 10))
			})
		}
	}
}
