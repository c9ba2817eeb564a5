package exchange

import (
	"net/http"
	"time"
)

// maxPingTime is the longest time without a frame before a ping is sent, and the
// longest wait for its response.
const maxPingTime = 5 * time.Second

// NewTransport returns the default transport: a clone of
// http.DefaultTransport that pings its HTTP/2 connections, so that one that died
// silently is noticed. Without pings, net/http sends every request over such a
// connection until the operating system closes it, which may take a quarter of an
// hour.
//
// attempt is the time of one attempt of an acquisition. A ping is sent after a
// third of it without a frame, and is waited for as long, so that the connection
// is closed before the next attempt begins: with 10 s, after 6.7 s.
//
// An application that has replaced http.DefaultTransport by a RoundTripper of
// another type, such as one that traces requests, gets that one.
func NewTransport(attempt time.Duration) http.RoundTripper {
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t := standard.Clone()
	if t.HTTP2 == nil {
		t.HTTP2 = &http.HTTP2Config{}
	}
	ping := min(attempt/3, maxPingTime)
	t.HTTP2.SendPingTimeout, t.HTTP2.PingTimeout = ping, ping
	return t
}
