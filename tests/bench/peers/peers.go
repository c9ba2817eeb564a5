// Package peers has the libraries that are compared, each in a file of its own
// and used as its users use it.
package peers

import (
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Peer is one library.
type Peer struct {
	Name string
	New  func(Setup) (Client, error)
	// Tunable says that New obeys Setup.Margin.
	Tunable bool
	// Lacks is what the library does not do and Flow does. Where it is faster,
	// this may be why.
	Lacks string
}

// Setup is where a client is to work. It is the same for all.
type Setup struct {
	Server   string
	Username string
	// HTTP sends everything, mint calls too.
	HTTP *http.Client
	// Margin is how long before its end a token is renewed; 0 leaves the
	// library's own default.
	Margin time.Duration
	// Issued is the token of a client that is given one and never asks.
	Issued string
	// Cluster is shared by all of our clients.
	Cluster func() (*authflow.Cluster, error)
	// AppKey is an RSA key for ghinstallation, in PEM.
	AppKey func() []byte
}

// Client is a library at work for one principal.
type Client interface {
	// Authorize returns the library's shortest way to authorise req. What is
	// to be measured is the call of the function that it returns.
	Authorize(req *http.Request) func() error
	// Do sends req with the library's own client or, where it has none, with
	// Setup.HTTP after authorising it.
	Do(req *http.Request) (*http.Response, error)
}

// Ours is the Name of the library that the others are compared with.
const Ours = "tsauth"

// Renewing returns the libraries that hold a token and renew it, ours first.
func Renewing() []Peer {
	return []Peer{Tsauth(), OAuth2(), Google(), Azcore(), AWS(), GHInstallation()}
}

// All returns every library.
func All() []Peer {
	return append(Renewing(), Static(), ByHand(), PerRequest())
}
