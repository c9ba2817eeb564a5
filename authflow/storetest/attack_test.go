package storetest

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// Hours pass between the attacks, so that tokens are renewed and expire as well.
func TestK3_AttackedStore_GivesBackNoRejectedToken(t *testing.T) {
	sieges := 5
	if os.Getenv("TSAUTH_CROWDS") != "" {
		sieges = 20
	}
	for range sieges {
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
