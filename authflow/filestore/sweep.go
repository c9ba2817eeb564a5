package filestore

import (
	"context"
	"encoding/hex"
	"path"
	"strings"
	"time"
)

// sweepTime is how often expired files are removed, and how old a file must be that
// its process has not finished writing.
const sweepTime = time.Hour

// sweep removes the files of expired values, and those that killed processes have
// left, if the last sweep was an hour ago. The caller holds the lock of changes.
func (f folder) sweep(ctx context.Context) {
	if f.isRecent(sweptFile) || f.replace(sweptFile, nil) != nil {
		return
	}
	dir, err := f.Open(".")
	if err != nil {
		return
	}
	defer func() { _ = dir.Close() }()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if ctx.Err() != nil {
			return
		}
		switch kindOf(name) {
		case tempPrefix:
			if !f.isRecent(name) {
				_ = f.Remove(name)
			}
		case tokenFile:
			f.removeExpired(name)
		case lockFile:
			f.removeUnheld(name)
		}
	}
}

// kindOf returns which kind of file a name is of, or nothing if a Store does not
// write such names. Programs that keep files in the same folder use names such as
// Cargo.lock and github.token.
func kindOf(name string) string {
	if random, ok := strings.CutPrefix(name, tempPrefix); ok && len(random) == 26 {
		return tempPrefix
	}
	kind := path.Ext(name)
	hash := strings.TrimSuffix(name, kind)
	sum, err := hex.DecodeString(hash)
	isOurs := err == nil && len(sum) == 32 && hash == strings.ToLower(hash)
	if isOurs && (kind == tokenFile || kind == lockFile) {
		return kind
	}
	return ""
}

// removeExpired removes the file of a value that has expired.
func (f folder) removeExpired(name string) {
	text, err := f.read(name)
	if err != nil {
		return
	}
	e, ok := parse(text)
	if !ok || e.left() <= 0 {
		_ = f.Remove(name)
	}
}

// removeUnheld removes the file of a lock that no process holds.
func (f folder) removeUnheld(name string) {
	l, err := f.tryHold(name)
	if err == nil {
		l.removeFile()
	}
}

// isRecent reports whether a file was written in the last hour. It is false for a
// time in the future, in case the clock was set back.
func (f folder) isRecent(name string) bool {
	info, err := f.Lstat(name)
	return err == nil && time.Since(info.ModTime()).Abs() < sweepTime
}
