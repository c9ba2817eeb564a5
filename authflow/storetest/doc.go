// Package storetest tests whether an [authflow.Store] keeps its promises, in a test
// of five lines:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) authflow.Store {
//			return postgres.NewStore(openDatabase(t))
//		})
//	}
//
// It takes a few seconds of real time, because stores have clocks of their own, and
// finds most with the race detector. [Memory] is a Store for tests of programs, and
// the shortest one to read; the example shows one for a database. [MemoryLimiter]
// adds a shared rate to it.
//
// # What is checked
//
// Values:
//
//   - nothing is stored at first
//   - a value comes back as it was saved: any bytes, from none to 64 KiB
//   - a value is the store's own: it shares no slice with the caller
//   - a value replaces another: together with its ttl
//   - names are apart: also if they differ only in the case of a letter
//   - many write and read one name: no reader gets a mixture
//
// Their ttl:
//
//   - a value expires: not found after its ttl, as if it had never been there
//   - the time left counts down: never more than is left, at most a second less
//   - a ttl of zero stores nothing: also if it is negative, or a nanosecond
//
// Delete:
//
//   - Delete removes a value: and no other
//   - Delete leaves another value: also if it only begins with the same bytes
//   - Delete and Save at the same time: the saved value stays
//
// Swap:
//
//   - Swap saves in place of the expected value: also if no value is expected, or an empty one
//   - Swap of another value changes nothing: it returns ErrChanged
//   - a swapped value expires: at its own ttl, and counts as absent after that
//   - Swap counts for all: of many that count in one value, none is lost
//   - Swap and Save at the same time: the saved value stays
//
// Lock:
//
//   - a lock excludes: waiting callers get an error when their context ends
//   - a lock is handed over: long before its limit
//   - a lock lets in one at a time: many callers want it
//   - a lock expires at its limit: if its holder has died, and not sooner
//   - a late unlock: does not release the lock of another holder
//   - a second unlock: does not either
//   - a caller that gave up holds nothing
//   - a lock is of one name: other names are free, and so are all values
//
// Reserve, if the Store is an [authflow.RateLimiter] as well:
//
//   - turns keep to the rate: one or several of them, after the burst
//   - the burst returns: as a negative wait, and never more than all of it
//   - every turn is taken once: by many callers at once
//   - a reservation of nothing: is an error
//
// Contexts:
//
//   - a canceled context: no operation waits, or says that nothing is stored
//
// Tokens, through authflow and a simulated server:
//
//   - many at once ask the server once
//   - a token serves other processes: with the lifetime that it has left
//   - garbage costs one call: empty, cut, noise, a flipped bit
//   - another key opens nothing
//   - an entry copied to another user's name opens for nobody
//   - a rejected token is removed for all
//   - Logout removes the token for all
//   - a slow store is waited for, and one that hangs is not
//   - a failing store fails no call: any one method, or all
//   - a full store fails no call
//   - an attacker gains nothing: by copying, renaming, deleting or replaying values
//
// The last check follows a random schedule. It logs the seed; set STORETEST_SEED to
// it to repeat the schedule.
package storetest
