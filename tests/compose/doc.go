// Package compose holds other people's libraries to what the package doc of
// authflow says of them: each file is about one, above a Flow and below it. It
// has no code but tests, and is a module of its own so that nobody else needs
// these libraries.
package compose
