// Package sizing computes what a fleet of replicas costs a ThoughtSpot server, Redis
// and its own memory, at sizes that no test can run. It is a model of package
// authflow. Its tests compare the model with authflow where both can run, and
// docs/sizing.md with the model.
//
// Each user who is at work makes requests at random (a Poisson process), and each
// request reaches one replica at random. A request takes no time. The model uses fixed
// seeds, so it always gives the same figures.
//
//   - [Fleet.Steady] follows sampled users, one by one: users do not affect each other
//     while the server's limit is far away;
//   - [Fleet.Storm] follows all users through the rate limit, when nobody has a token;
//   - [Tables] are the tables of docs/sizing.md. make sizing prints them.
package sizing
