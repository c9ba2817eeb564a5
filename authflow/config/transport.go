package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// pingTime is how long an HTTP/2 connection is silent before a ping is sent, and how
// long the response to it is waited for. Together they are less than one of the three
// attempts of 10 s of an acquisition.
const pingTime = 3 * time.Second

// HTTPClient returns a client that trusts the certificates of the CA file, besides those
// of the system. Without a CA file it is like [http.DefaultClient]. It adds no credential.
func (s *Settings) HTTPClient() (*http.Client, error) {
	if s.CAFile.Text == "" {
		return &http.Client{}, nil
	}
	text, err := os.ReadFile(s.CAFile.Text)
	if err != nil {
		return nil, fmt.Errorf("config: %s: %w: %w", s.CAFile.Source, err, authflow.ErrInvalid)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, invalid(s.CAFile.Source, "names a file without a certificate in PEM")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingTime, PingTimeout: pingTime}
	return &http.Client{Transport: transport}, nil
}
