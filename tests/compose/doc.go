// Package compose tests how a Flow works with other people's libraries, as the
// package doc of authflow says. Each file is about one library, above a Flow and below
// it. The package has only tests, and it is a module of its own, so that no other
// module needs these libraries.
package compose
