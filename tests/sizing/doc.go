// Package sizing says what a fleet of replicas asks of a ThoughtSpot server, of
// Redis and of its own memory, at sizes that no test can run: a model of what
// package authflow does, that its tests hold to authflow itself where both can
// run, and docs/sizing.md to what it says.
//
// The model of activity: each user who is at work makes requests at random (a
// Poisson process), each of which reaches one replica at random. A request
// takes no time. All of the model is computed with fixed seeds, and says the
// same each time.
//
//   - [Fleet.Steady] follows sampled users, one by one: users do not disturb each
//     other while the server's limit is far away;
//   - [Fleet.Storm] follows all together through the pace, when nobody has a token;
//   - [Tables] are those of docs/sizing.md, and make sizing prints them.
package sizing
