//go:build !windows

package filestore

// rename replaces a file, also while other processes read it.
func rename(f folder, from, to string) error { return f.Rename(from, to) }
