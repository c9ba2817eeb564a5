package proxy

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"time"
)

// Bounds of the server.
const (
	headerTime = 10 * time.Second // to send the headers of a request
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10
	drainTime  = 10 * time.Second // for requests in progress when Serve ends
	flushTime  = time.Second      // for the last bytes of their responses
)

// Serve accepts requests until ctx ends. Then it is no longer ready, and returns nil when
// no request is in progress, but after ten seconds at the latest. Until then it accepts
// requests: a program that is ended together with the proxy can finish its work.
func (p *Proxy) Serve(ctx context.Context) error {
	server := &http.Server{
		Handler: p, DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: discard(),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(p.listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	p.drain()
	flushed, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	err := server.Shutdown(flushed)
	if err != nil {
		_ = server.Close()
	}
	err = <-served
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// discard returns a logger for what package net/http has to say of single connections,
// such as that a program went away. A program is told what went wrong by its response.
func discard() *log.Logger { return log.New(io.Discard, "", 0) }

// drain waits for the requests in progress, up to drainTime.
func (p *Proxy) drain() {
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-p.requests.drain():
	case <-timer.C:
	}
}
