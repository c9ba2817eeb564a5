package proxy

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// rejection is why the proxy does not send a request.
type rejection struct {
	status int
	reason string // with what to do about it
}

// methods are the methods that the proxy sends. CONNECT would make it a tunnel, and TRACE
// would show the credential.
func methods() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	}
}

// keyHeader is the header in which a request may have the key.
const keyHeader = "X-Tsauth-Key"

// checkForm returns why a request is rejected, with the key or without, or nil.
func (p *Proxy) checkForm(r *http.Request) *rejection {
	switch {
	case !slices.Contains(methods(), r.Method):
		return &rejection{http.StatusMethodNotAllowed, "the method is not one of " + strings.Join(methods(), ", ")}
	case !strings.HasPrefix(r.RequestURI, "/"):
		return &rejection{http.StatusBadRequest, "the target is not a path: use the address of the proxy as a base address, not as an HTTP proxy"}
	case isFromPage(r.Header):
		return &rejection{http.StatusForbidden, "pages in a browser cannot use this proxy: it has an Origin or Sec-Fetch header"}
	case !slices.ContainsFunc(p.listener.hosts, func(host string) bool { return strings.EqualFold(host, r.Host) }):
		return &rejection{http.StatusForbidden, "the Host is not " + strings.Join(p.listener.hosts, " or ")}
	}
	return nil
}

// isFromPage reports whether a browser sent a request on behalf of a page. A lone
// "Sec-Fetch-Mode: cors" comes from fetch in Node: browsers always add Sec-Fetch-Site and
// Sec-Fetch-Dest.
func isFromPage(h http.Header) bool {
	for name, values := range h {
		if name == "Origin" {
			return true
		}
		isNode := name == "Sec-Fetch-Mode" && len(values) == 1 && values[0] == "cors"
		if strings.HasPrefix(name, "Sec-Fetch-") && !isNode {
			return true
		}
	}
	return false
}

// admit checks the key of a request, and returns the path and the query for the cluster.
// prefix is the part of the path before them: a slash and the key, or nothing.
func (p *Proxy) admit(r *http.Request) (prefix, target string, problem *rejection) {
	target = r.RequestURI
	first, rest, _ := strings.Cut(target[1:], "/")
	hasKey := false
	if isSame(p.key, first) {
		hasKey, prefix, target = true, "/"+first, "/"+strings.TrimLeft(rest, "/")
	}
	for _, given := range r.Header.Values(keyHeader) {
		hasKey = true
		if !isSame(p.key, given) {
			return "", "", &rejection{http.StatusForbidden, keyHeader + " is not the key of this proxy"}
		}
	}
	for _, given := range r.Header.Values("Authorization") {
		hasKey = true
		if problem := p.checkAuthorization(given); problem != nil {
			return "", "", problem
		}
	}
	if !hasKey {
		return "", "", &rejection{http.StatusForbidden, "the key is missing or wrong: it is the first segment of the path, the header " +
			keyHeader + ", or the password of Basic authentication"}
	}
	return prefix, target, nil
}

// checkAuthorization checks the value of an Authorization header.
func (p *Proxy) checkAuthorization(value string) *rejection {
	basic := http.Request{Header: http.Header{"Authorization": {value}}}
	_, password, ok := basic.BasicAuth()
	if !ok {
		return &rejection{http.StatusBadRequest, "remove the Authorization header: the proxy adds its own; it may only be Basic, with the key as the password"}
	}
	if !isSame(p.key, password) {
		return &rejection{http.StatusForbidden, "the password of Basic authentication is not the key of this proxy"}
	}
	return nil
}

// checkTarget returns why an admitted request is not sent, or nil.
func (p *Proxy) checkTarget(r *http.Request, target string) *rejection {
	path, _, _ := strings.Cut(target, "?")
	segments, ok := segmentsOf(path)
	isUserInfo := r.Method == http.MethodGet && path == userInfoPath
	switch {
	case !ok:
		return &rejection{http.StatusBadRequest, "the path has a segment of dots, a control character, or is encoded too often"}
	case strings.Contains(target, string(p.key)):
		return &rejection{http.StatusBadRequest, "the key is in the path or query: it may only be the first segment of the path"}
	case len(segments) > 0 && segments[0] == healthPrefix:
		return &rejection{http.StatusNotFound, fmt.Sprintf("there is nothing here: %s and %s have no key in their path", livePath, readyPath)}
	case p.opensAuth || isUserInfo || !issuesCredentials(segments):
		return nil
	}
	return &rejection{http.StatusForbidden, "operations that hand out credentials are closed; tsauth proxy --allow-auth opens them"}
}
