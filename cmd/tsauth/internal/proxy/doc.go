// Package proxy gives programs in any language the renewal, the replay and the rate
// limit of a Flow: it listens on the machine itself, and sends each request to the
// cluster with the credential of the Flow. A program needs an address and nothing else:
//
//	key := proxy.NewKey()
//	l, err := proxy.Listen(ctx, "127.0.0.1:0")
//	p, err := proxy.New(flow, key, l)
//	fmt.Println(p.URL()) // http://127.0.0.1:40123/KEY
//	err = p.Serve(ctx)
//
// # Who is let in
//
// A request has the key as the first segment of its path, in the header X-Tsauth-Key, or
// as the password of Basic authentication. It names the listener as its host, which a
// page on a rebound name does not, and carries no header by which browsers mark requests
// of pages. The key, the caller's cookies and credentials, and the cookies of the cluster
// stay on their side. /_tsauth/live and /_tsauth/ready need no key.
//
// The operations below /api/rest/2.0/auth/, and the sessions of the older API, are closed
// unless WithAuth opens them, because they hand out credentials. In a path that they could
// hide in, every reading counts that a server may have of it: encoded, in capitals, with
// parameters.
//
// # What is passed on
//
//	hop-by-hop headers     removed in both directions, and so are those that Connection names
//	Upgrade                ignored; 101 from the cluster is an error
//	Expect: 100-continue   the proxy sends 100 itself, when it reads the body
//	1xx of the cluster     not passed on
//	trailers               not passed on, in both directions
//	chunked bodies         decoded, and sent with a length if they have at most 1 MiB
//	Set-Cookie             not passed on
//	Location               on the cluster: rewritten to the proxy
package proxy
