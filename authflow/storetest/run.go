package storetest

import (
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Run tests whether a Store does what authflow.Store promises, and authflow.RateLimiter
// if the Store is one. open is called for each check and may return the same Store
// again, because every check uses new names. Checks run in parallel, and all of them
// are done when Run returns.
func Run(t *testing.T, open func(t *testing.T) authflow.Store) {
	t.Helper()
	t.Run("storetest", func(t *testing.T) { // ends after the parallel tests below it
		for _, c := range checks() {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(&subject{t, open(t), patience})
			})
		}
	})
}

// check tests one promise. doc.go lists all of them by name.
type check struct {
	name string
	run  func(*subject)
}

func checks() []check {
	return []check{
		{"nothing is stored at first", nothingAtFirst},
		{"a value comes back as it was saved", valueComesBack},
		{"a value is the store's own", valueIsOwn},
		{"a value replaces another", valueReplaces},
		{"names are apart", namesApart},
		{"many write and read one name", manyAtOnce},

		{"a value expires", valueExpires},
		{"the time left counts down", leftCountsDown},
		{"a ttl of zero stores nothing", ttlOfZero},

		{"Delete removes a value", deleteRemoves},
		{"Delete leaves another value", deleteLeaves},
		{"Delete and Save at the same time", deleteAndSave},

		{"Swap saves in place of the expected value", swapSaves},
		{"Swap of another value changes nothing", swapOfAnother},
		{"a swapped value expires", swapExpires},
		{"Swap counts for all", swapCounts},
		{"Swap and Save at the same time", swapAndSave},

		{"a lock excludes", lockExcludes},
		{"a lock is handed over", lockHandedOver},
		{"a lock lets in one at a time", lockOneAtATime},
		{"a lock expires at its limit", lockEnds},
		{"a late unlock", lateUnlock},
		{"a second unlock", secondUnlock},
		{"a caller that gave up holds nothing", gaveUp},
		{"a lock is of one name", lockOfOneName},

		{"turns keep to the rate", shared(turnsKeepRate)},
		{"the burst returns", shared(burstReturns)},
		{"every turn is taken once", shared(turnsTakenOnce)},
		{"a reservation of nothing", shared(rateOfNothing)},

		{"a canceled context", canceledContext},

		{"many at once ask the server once", oneMint},
		{"a token serves other processes", servesOthers},
		{"garbage costs one call", garbage},
		{"another key opens nothing", anotherKey},
		{"an entry copied to another user's name opens for nobody", copiedEntry},
		{"a rejected token is removed for all", rejectedToken},
		{"Logout removes the token for all", logoutRemoves},
		{"a slow store is waited for, and one that hangs is not", slowStore},
		{"a failing store fails no call", failingStore},
		{"a full store fails no call", fullStore},
		{"an attacker gains nothing", attacked},
	}
}
