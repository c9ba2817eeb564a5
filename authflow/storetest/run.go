package storetest

import (
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Run holds a Store to what authflow.Store promises. open is called for each
// check, and may return the same Store again: the names that are used are new
// ones. Checks run in parallel, and all have ended when Run returns.
func Run(t *testing.T, open func(t *testing.T) authflow.Store) {
	t.Helper()
	t.Run("storetest", func(t *testing.T) { // which ends after what runs in parallel below it
		for _, c := range checks() {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.run(&subject{t, open(t), patience})
			})
		}
	})
}

// check is one thing that a Store has promised. doc.go lists them by name.
type check struct {
	name string
	run  func(*subject)
}

func checks() []check {
	return []check{
		{"nothing is kept at first", nothingAtFirst},
		{"a value comes back as it was saved", valueComesBack},
		{"a value is the store's own", valueIsOwn},
		{"a value replaces another", valueReplaces},
		{"names are apart", namesApart},
		{"many write and read one name", manyAtOnce},

		{"a value ends", valueEnds},
		{"what is left is counted down", leftCountsDown},
		{"a ttl of nothing keeps nothing", ttlOfNothing},

		{"Delete removes a value", deleteRemoves},
		{"Delete leaves what has replaced it", deleteLeaves},
		{"Delete and Save at the same time", deleteAndSave},

		{"a lock excludes", lockExcludes},
		{"a lock is handed over", lockHandedOver},
		{"a lock lets in one at a time", lockOneAtATime},
		{"a lock ends at its limit", lockEnds},
		{"a late unlock", lateUnlock},
		{"a second unlock", secondUnlock},
		{"whoever gave up waiting holds nothing", gaveUp},
		{"a lock is of one name", lockOfOneName},

		{"a context that has ended", endedContext},

		{"many at once ask the server once", oneMint},
		{"a token serves other processes", servesOthers},
		{"garbage costs one call", garbage},
		{"another key opens nothing", anotherKey},
		{"an entry copied to another user's name opens for nobody", copiedEntry},
		{"a refused token is gone for all", refusedToken},
		{"Logout removes the token for all", logoutRemoves},
		{"a slow store is waited for, and one that hangs is not", slowStore},
		{"a failing store fails no call", failingStore},
		{"a full store fails no call", fullStore},
	}
}
