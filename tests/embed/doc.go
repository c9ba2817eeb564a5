// Package embed is a small application that embeds ThoughtSpot with the vendor's
// Visual Embed SDK, its token service, and a simulated cluster: servers on loopback,
// of different origins. The specs beside it drive it in Chromium; the
// command in cmd/embed serves it to a person.
//
// The SDK is not part of this repository: `npm ci` puts the version that
// package-lock.json pins into node_modules, from where it is served as it is.
package embed
