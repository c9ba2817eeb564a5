package storetest

import (
	"testing"
	"testing/synctest"
	"time"
)

// Hours pass between the attacks, so that tokens are renewed and expire as well.
func TestK3_AttackedStore_GivesBackNoRejectedToken(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			s := &subject{t, new(Memory), patience}
			g := newSiege(s, seed(s))
			g.run(60, func() {
				time.Sleep(time.Duration(g.rng.IntN(120)) * time.Second) // fake clock
				synctest.Wait()
			})
		})
	}
}
