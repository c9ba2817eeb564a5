package filestore

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// sweepTime is how often the folder is looked through, and how old a file that
// nobody has finished to write must be.
const sweepTime = time.Hour

// sweptFile has the time at which the folder was last looked through.
const sweptFile = "swept"

// sweep removes what has expired, and what killed processes have left, if it is
// time. Whoever calls it holds the right to change files.
func (s *Store) sweep(ctx context.Context) {
	swept := filepath.Join(s.dir, sweptFile)
	if info, err := os.Lstat(swept); err == nil && recent(info.ModTime()) {
		return
	}
	if replace(swept, nil) != nil {
		return
	}
	files, _ := os.ReadDir(s.dir)
	for _, f := range files {
		if ctx.Err() != nil {
			return
		}
		path := filepath.Join(s.dir, f.Name())
		switch {
		case strings.HasPrefix(f.Name(), "."): // of replace
			if info, err := f.Info(); err == nil && !recent(info.ModTime()) {
				_ = os.Remove(path)
			}
		case filepath.Ext(path) == tokenFile:
			text, err := read(path)
			if err != nil {
				continue
			}
			if e, ok := parse(text); !ok || e.left() <= 0 {
				_ = os.Remove(path)
			}
		case filepath.Ext(path) == lockFile:
			l := lockAt(path)
			if locked, err := l.TryLock(); err != nil || !locked {
				continue
			}
			if current(l) {
				discard(l)
			} else {
				_ = l.Unlock()
			}
		}
	}
}

// recent is false for the future, too, in case the clock was set back.
func recent(t time.Time) bool { return time.Since(t).Abs() < sweepTime }
