//go:build !unix

package proxy

import (
	"context"
	"errors"
	"io/fs"
	"net"
)

func listenUnix(context.Context, string) (net.Listener, error) {
	return nil, errors.New("sockets need a Unix system: use 127.0.0.1:0")
}

// checkPrivate checks nothing: the user's own folders are closed to other users.
func checkPrivate(fs.FileInfo) error { return nil }
