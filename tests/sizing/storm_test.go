package sizing_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/tests/sizing"
)

func TestModel_Storm_IsWhatAuthflowDoes(t *testing.T) {
	t.Parallel()
	const validity = 5 * time.Minute
	type storm struct {
		sizing.Fleet
		rate float64
	}
	for _, c := range cases([]storm{
		{sizing.Fleet{Users: 60, Every: 10 * time.Second, Validity: validity, Replicas: 3, Store: true}, 0.8},
		{sizing.Fleet{Users: 300, Every: 10 * time.Second, Validity: validity, Replicas: 3, Store: true}, 4},
		{sizing.Fleet{Users: 300, Every: 10 * time.Second, Validity: validity, Replicas: 10, Store: true}, 4},
		{sizing.Fleet{Users: 300, Every: 10 * time.Second, Validity: validity, Replicas: 3}, 9},
	}) {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				model := c.Storm(c.rate)
				rate := c.rate
				if !c.Store {
					rate /= float64(c.Replicas)
				}
				f := newFleet(t, c.Fleet, authflow.WithRateLimit(rate, 1))
				storm := func(what string) {
					began := time.Now()
					f.work(t, 0, validity/2)
					near(t, what+", seconds", f.slow.Sub(began).Seconds(), model.Clear.Seconds())
					near(t, what+", mints", f.minted(began, model.Clear), model.Mints)
				}
				storm("a cold start")
				f.work(t, 0, 2*validity)
				for _, token := range f.sim.Tokens() {
					f.sim.RevokeToken(string(token.Value))
				}
				storm("a revocation of everybody")
			})
		})
	}
}

func TestModel_NewSecretKey_IsWhatAuthflowDoes(t *testing.T) {
	t.Parallel()
	for _, size := range cases([]sizing.Fleet{
		{Users: 60, Every: 20 * time.Second, Validity: 3 * time.Minute, Replicas: 3, Store: true},
		{Users: 300, Every: 20 * time.Second, Validity: 3 * time.Minute, Replicas: 3, Store: true},
		{Users: 600, Every: 30 * time.Second, Validity: 5 * time.Minute, Replicas: 10, Store: true},
	}) {
		t.Run(fmt.Sprintf("%+v", size), func(t *testing.T) {
			// The users' tokens are of all ages when the key changes.
			cycle := time.Duration(float64(size.Users) / size.Steady().Mints * float64(time.Second))
			life := func(rotated bool) (mints float64) {
				synctest.Test(t, func(t *testing.T) {
					f := newFleet(t, size)
					f.work(t, cycle, 4*size.Validity)
					if f.cost(); rotated {
						f.rotate("another-" + authtest.DefaultSecretKey)
					}
					f.work(t, 0, size.Validity)
					mints = f.cost().Mints
				})
				return mints
			}
			usual := life(false)
			t.Logf("without: %.0f", usual)
			near(t, "mints", life(true), usual+size.Rotation().Mints)
		})
	}
}

func TestModel_EntryOfTheStore_HasItsSize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		users := 20
		if fullSize() {
			users = 100
		}
		f := newFleet(t, sizing.Fleet{Users: users, Every: time.Second, Validity: 5 * time.Minute, Replicas: 1, Store: true})
		f.work(t, 0, time.Minute)
		tokens := 0
		for _, token := range f.sim.Tokens() {
			tokens += len(token.Value)
		}
		n := f.cost().Saves
		t.Logf("token %d bytes", tokens/int(n))
		near(t, "bytes of a name and a value, beside the token", float64(f.store.bytes-tokens)/n, sizing.EntryBytes)
	})
}
