package exchange

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// Verdict is what becomes of a response.
type Verdict uint8

// The verdicts.
const (
	// Return: the response is the caller's. If it is a redirect to another host,
	// http.Client follows it, and the hop carries no credential.
	Return Verdict = iota
	// ReturnAndRenew: the response is the caller's, and the credential counts as
	// rejected, so that the next request renews it.
	ReturnAndRenew
	// Replay: the credential counts as rejected; renew it and send the request
	// once more.
	Replay
	// Fail: the caller gets an error, because the response is a page.
	Fail
	// FailAndRenew is Fail, and the credential counts as rejected.
	FailAndRenew
)

// Renews reports whether the credential of the request counts as rejected.
func (v Verdict) Renews() bool { return v == ReturnAndRenew || v == Replay || v == FailAndRenew }

// Fails reports whether the caller gets an error.
func (v Verdict) Fails() bool { return v == Fail || v == FailAndRenew }

// targetKind is where a redirect points.
type targetKind uint8

const (
	noTarget  targetKind = iota // it is not a redirect
	toAPI                       // to the API of the same server
	toLogin                     // to a login page of the same server
	toSite                      // to another path of the same server
	toOther                     // to another scheme, host or port
	toNowhere                   // to something that is not an address
)

// Request is what Judge has to know of the request.
type Request struct {
	*http.Request
	// Replayable: it can be sent again.
	Replayable bool
	// Replayed: it has been sent again, with a credential that is new.
	Replayed bool
	// Age is how long ago the credential was requested.
	Age time.Duration
}

// replayAge is how old a credential has to be before a redirect to a login page
// is taken to mean that it expired, so that a POST is sent again. A new one does
// not expire; then something else is wrong, and the POST may have had its effect.
const replayAge = time.Minute

// Judge decides what becomes of a response to a request that carried our
// credential: whether it is a response of the API, or says that the credential
// is dead (P1, P6). It reads ahead in a body that is labelled as HTML.
//
//	response                              GET, HEAD                      other methods
//	401                                   Replay, then ReturnAndRenew    Replay, then ReturnAndRenew
//	maintenance page, any status          Fail                           Fail
//	page with 2xx                         Replay, then FailAndRenew      FailAndRenew
//	page with 2xx at the end of redirects FailAndRenew                   FailAndRenew
//	303 to a login page of the server    ReturnAndRenew                 ReturnAndRenew
//	303 to something else                 Return                         Return
//	other redirect, to the API            Return                         Return
//	other redirect, to a login page      Replay, then FailAndRenew      Replay if the credential is older than
//	                                                                     a minute, then ReturnAndRenew
//	other redirect, to something else     Replay, then ReturnAndRenew    ReturnAndRenew
//	other redirect, to no address         Replay, then FailAndRenew      FailAndRenew
//	anything else                         Return                         Return
//
// A request that cannot be sent again, or was, gets the verdict behind "then". Outside
// of the API only 401 says something about the credential. A 303 says that the request
// was done, so it is never repeated.
func (o *Origin) Judge(req Request, resp *http.Response) Verdict {
	if resp.StatusCode == http.StatusUnauthorized {
		return req.replayOr(ReturnAndRenew)
	}
	if !o.fromAPI(req.Request) {
		return Return
	}
	switch o.pageInPlaceOf(req.Request, resp) {
	case outcome.Maintenance:
		return Fail
	case outcome.HTML:
		return o.judgePage(req)
	}
	if !o.inAPI(req.URL) {
		return Return // a hop, whose credential was judged at the beginning
	}
	switch kind := o.targetOf(resp); {
	case kind == noTarget, kind == toAPI:
		return Return
	case resp.StatusCode == http.StatusSeeOther:
		return judgeSeeOther(kind)
	default:
		return req.judgeRedirect(kind)
	}
}

// EndsInPage reports whether redirects that began in the API end in a page, such as
// the page of an identity provider, for a cluster behind single sign-on. It is for hops
// to another host, which carry no credential that could be judged.
func (o *Origin) EndsInPage(req *http.Request, resp *http.Response) bool {
	isChain := o.firstRedirect(req) != nil //nolint:bodyclose // http.Client has closed it
	return isChain && o.pageInPlaceOf(req, resp) != outcome.NoPage
}

// pageInPlaceOf returns what kind of page came in place of a response of the API.
// An error page, such as one with 404, is a response like any other, unless it is
// one of maintenance. For a HEAD at the end of redirects the label is enough: it tells
// a login page from a file.
func (o *Origin) pageInPlaceOf(req *http.Request, resp *http.Response) outcome.Page {
	page := PeekPage(resp)
	isSuccess := resp.StatusCode/100 == 2
	if page == outcome.Maintenance || page == outcome.HTML && isSuccess {
		return page
	}
	isHeadOfChain := req.Method == http.MethodHead && o.firstRedirect(req) != nil //nolint:bodyclose // http.Client has closed it
	if isHeadOfChain && isSuccess && isHTMLType(mediaType(resp.Header)) {
		return outcome.HTML
	}
	return outcome.NoPage
}

func (o *Origin) judgePage(req Request) Verdict {
	switch {
	case !o.inAPI(req.URL):
		return FailAndRenew
	case req.isRead():
		return req.replayOr(FailAndRenew)
	}
	return FailAndRenew
}

func judgeSeeOther(kind targetKind) Verdict {
	if kind == toLogin {
		return ReturnAndRenew
	}
	return Return
}

func (r Request) judgeRedirect(kind targetKind) Verdict {
	last := ReturnAndRenew
	if kind == toLogin || kind == toNowhere {
		last = FailAndRenew
	}
	switch {
	case r.isRead():
		return r.replayOr(last)
	case kind == toLogin && r.Age >= replayAge:
		return r.replayOr(ReturnAndRenew)
	case kind == toNowhere:
		return FailAndRenew
	}
	return ReturnAndRenew
}

// replayOr returns Replay for a request that can be sent again and was not yet,
// and last otherwise.
func (r Request) replayOr(last Verdict) Verdict {
	if r.Replayable && !r.Replayed {
		return Replay
	}
	return last
}

// isRead reports whether a request has no effect, so that repeating it is safe.
func (r Request) isRead() bool {
	return r.Method == "" || r.Method == http.MethodGet || r.Method == http.MethodHead
}

// targetOf returns where a response points.
func (o *Origin) targetOf(resp *http.Response) targetKind {
	if !isRedirect(resp.StatusCode) || resp.Header.Get("Location") == "" {
		return noTarget
	}
	to, err := resp.Location()
	switch {
	case err != nil, !isHTTP(to):
		return toNowhere
	case !o.Matches(&http.Request{URL: to}):
		return toOther
	case o.inAPI(to):
		return toAPI
	case isLoginPath(to.Path):
		return toLogin
	}
	return toSite
}

func isHTTP(u *url.URL) bool { return u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") }

// Failure says why Judge decided on Fail: the page, or the redirect that led
// there, with the first target.
func (o *Origin) Failure(op string, req *http.Request, resp *http.Response, redactor Redactor) *outcome.Failure {
	first := o.firstRedirect(req) //nolint:bodyclose // http.Client has closed it
	isEnd := first != nil && !isRedirect(resp.StatusCode)
	body, _ := resp.Body.(*Body)
	var start []byte
	if body != nil {
		start = body.kept
	}
	if !isEnd || pageOf(resp.Header, start) == outcome.Maintenance {
		return FailureOf(op, outcome.Bearer, resp, start, redactor)
	}
	f := FailureOf(op, outcome.Bearer, first, nil, redactor)
	f.Page = outcome.HTML
	return f
}
