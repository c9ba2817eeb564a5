// Package release tests a release before it is made. It tags a clone of this checkout by
// the commands in CONTRIBUTING.md, serves the tagged modules from a GOPROXY of files,
// and uses them as a program of another module does.
//
// The tests use a module cache of their own, so that a version that they made up never
// reaches the cache of the machine.
package release
