// Package storetest holds an [authflow.Store] to what it promises, in a test of
// five lines:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) authflow.Store {
//			return postgres.NewStore(openDatabase(t))
//		})
//	}
//
// It takes a few seconds of real time, as stores have clocks of their own, and
// runs best with the race detector. [Memory] is a Store to test programs with, and
// the shortest one to read; the example has one for a database.
//
// # What is checked
//
// Values:
//
//   - nothing is kept at first
//   - a value comes back as it was saved: any bytes, none to 64 KiB
//   - a value is the store's own: no slice is shared with the caller
//   - a value replaces another, and so does its end
//   - names are apart: also those that differ in the case of a letter
//   - many write and read one name: nobody gets a mixture
//
// Their end:
//
//   - a value ends: not found after its ttl, and then as if it had never been
//   - what is left is counted down: never more than is left, at most a second less
//   - a ttl of nothing keeps nothing: zero, negative, or a nanosecond
//
// Delete:
//
//   - Delete removes a value: and no other
//   - Delete leaves what has replaced it: and what only begins alike
//   - Delete and Save at the same time: what Save wrote stays
//
// Lock:
//
//   - a lock excludes: those who wait get an error when their context ends
//   - a lock is handed over: long before its limit
//   - a lock lets in one at a time: many who want it
//   - a lock ends at its limit: its holder has died; not sooner
//   - a late unlock: does not end the lock of another
//   - a second unlock: does not either
//   - whoever gave up waiting holds nothing
//   - a lock is of one name: other names, and the values, are free
//
// Contexts:
//
//   - a context that has ended: nothing waits, or says that nothing is stored
//
// Tokens, through authflow and a simulated server:
//
//   - many at once ask the server once
//   - a token serves other processes: with the end that it has
//   - garbage costs one call: empty, cut, noise, a flipped bit
//   - another key opens nothing
//   - an entry copied to another user's name opens for nobody
//   - a refused token is gone for all
//   - Logout removes the token for all
//   - a slow store is waited for, and one that hangs is not
//   - a failing store fails no call: any one method, or all
//   - a full store fails no call
package storetest
