package simulate

import (
	"context"
	"log"
	"net"
	"net/http"
	"time"
)

// server is one of the program's servers.
type server struct {
	http     *http.Server
	listener net.Listener
}

// listen makes a server that listens but does not serve yet. The caller closes
// it.
func listen(ctx context.Context, addr string, h http.Handler, errors *log.Logger) (*server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &server{
		http: &http.Server{
			Handler:           h,
			ReadHeaderTimeout: 10 * time.Second,
			ErrorLog:          errors,
		},
		listener: listener,
	}, nil
}

// serve serves until the server is closed; its error then is
// http.ErrServerClosed.
func (s *server) serve() error {
	if s.http.TLSConfig != nil {
		return s.http.ServeTLS(s.listener, "", "")
	}
	return s.http.Serve(s.listener)
}

// close ends the server and all its calls. It may be called several times.
func (s *server) close() {
	_ = s.http.Close()
	_ = s.listener.Close() // which http does not know before serve
}
