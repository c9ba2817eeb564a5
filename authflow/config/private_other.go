//go:build !unix

package config

import "io/fs"

// unreadableByOthers checks nothing: the system has no such modes.
func unreadableByOthers(string, fs.FileInfo) error { return nil }

// ownAlone checks nothing: the system has no such modes.
func ownAlone(string, fs.FileInfo) error { return nil }
