//go:build !unix

package config

import "io/fs"

// unreadableByOthers checks nothing: the system has no such modes.
func unreadableByOthers(string, fs.FileInfo) error { return nil }

// ownAlone checks nothing: the system has no such modes.
func ownAlone(string, fs.FileInfo) error { return nil }

// isOwn reports whether a file belongs to the current user. Here the folder of a user is
// closed to others.
func isOwn(fs.FileInfo) bool { return true }
