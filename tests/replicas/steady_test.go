package replicas

import (
	"math"
	"testing"
	"time"
)

// K1: a steady load costs three replicas the tokens that it costs one process,
// and those that the model of package sizing says. Both fleets run side by side.
func TestK1_SteadyLoad_CostsWhatItCostsOneProcess(t *testing.T) {
	const (
		users = 3000
		every = 6 * time.Second
		warm  = 30 * time.Second
		whole = 48 * time.Second
	)
	s := settings{replicas: 3, validity: 24, rate: 400, serverRate: 1000}
	three := newFleet(t, s)
	s.replicas = 1
	one := newFleet(t, s)
	loads := []*load{three.work(users, every, "/token"), one.work(users, every, "/token")}
	pass(t, warm)
	mints := []int{three.mints(), one.mints()}
	pass(t, whole)
	for i, f := range []*fleet{three, one} {
		mints[i] = f.mints() - mints[i]
		loads[i].end()
	}
	model := three.model(users, every).Steady().Mints * whole.Seconds()
	t.Logf("%d tokens for three replicas, %d for one process, %.0f by the model", mints[0], mints[1], model)
	if apart := float64(mints[0])/float64(mints[1]) - 1; math.Abs(apart) > .02 {
		t.Errorf("%+.1f %% for three", 100*apart)
	}
	if apart := float64(mints[0])/model - 1; math.Abs(apart) > .05 {
		t.Errorf("%+.1f %% of the model", 100*apart)
	}
}
