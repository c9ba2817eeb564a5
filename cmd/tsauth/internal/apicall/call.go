package apicall

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/body"
)

// Call is one request to the API.
type Call struct {
	Method  string   // the default is GET, or POST with Data
	Path    string   // from the server's root, with a query or without
	Data    string   // the body: @ and the name of a file, - for standard input, or the text itself
	Headers []string // as "Name: value"
}

// usageError is a mistake in a Call.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// Is reports that nothing was sent.
func (e *usageError) Is(target error) bool { return target == authflow.ErrInvalid }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// Run sends the request and writes the body of the response to stdout, also that of an
// error, as curl does. The error for a status that is not a success is an *authflow.Error;
// one that matches [authflow.ErrInvalid] says that nothing was sent.
func (c Call) Run(ctx context.Context, flow *authflow.Flow, stdin io.Reader, stdout io.Writer) error {
	req, err := c.request(ctx, flow, stdin)
	if err != nil {
		return err
	}
	if err := body.Prepare(flow, req); err != nil {
		return errors.Join(err, req.Body.Close())
	}
	resp, err := client(flow).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	failed := responseError(resp)
	if _, err := io.Copy(stdout, resp.Body); err != nil {
		return errors.Join(failed, fmt.Errorf("the response was cut off: %w", err))
	}
	return failed
}

// client returns a client that stays on the server: where a redirect leads to another one,
// its response is the result.
func client(flow *authflow.Flow) *http.Client {
	c := flow.HTTPClient()
	c.CheckRedirect = func(to *http.Request, via []*http.Request) error {
		from := via[0].URL
		isElsewhere := to.URL.Scheme != from.Scheme || !strings.EqualFold(to.URL.Host, from.Host)
		if isElsewhere || len(via) >= 10 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return c
}

// responseError returns what the response says of a failure, or nil.
func responseError(resp *http.Response) error {
	if resp.StatusCode/100 == 3 && resp.Header.Get("Location") != "" {
		return fmt.Errorf("%s leads to another server, and was not followed: %s", resp.Status, locationOf(resp))
	}
	return authflow.ErrorOf(resp)
}

// locationOf returns the target of a redirect without its query, which may hold a secret.
func locationOf(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return "an address that is not valid"
	}
	return fmt.Sprintf("%q", to.Scheme+"://"+to.Host+to.Path)
}

// request makes the request. The caller closes its body if it is not sent.
func (c Call) request(ctx context.Context, flow *authflow.Flow, stdin io.Reader) (*http.Request, error) {
	path, err := url.Parse(c.Path)
	isRelative := err == nil && path.Scheme == "" && path.Host == ""
	if !isRelative || !strings.HasPrefix(c.Path, "/") || path.Fragment != "" {
		return nil, usagef("path %q: must begin with one slash and have no fragment, such as /api/rest/2.0/users/search", c.Path)
	}
	header, err := c.header()
	if err != nil {
		return nil, err
	}
	data, err := c.open(stdin)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, c.method(), flow.Server()+c.Path, data.reader)
	if err != nil {
		return nil, errors.Join(usagef("method %q: is not one", c.Method), data.close())
	}
	req.Header = header
	if data.size >= 0 {
		req.ContentLength = data.size
	}
	return req, nil
}

func (c Call) method() string {
	switch {
	case c.Method != "":
		return strings.ToUpper(c.Method)
	case c.Data != "":
		return http.MethodPost
	}
	return http.MethodGet
}

// header returns the headers of the request.
func (c Call) header() (http.Header, error) {
	h := http.Header{"Accept": {"application/json"}}
	if c.Data != "" {
		h.Set("Content-Type", "application/json")
	}
	given := http.Header{}
	for _, line := range c.Headers {
		name, value, ok := strings.Cut(line, ":")
		isName := ok && name != "" && !strings.ContainsAny(name, " \t")
		if !isName || strings.ContainsFunc(line, unicode.IsControl) {
			return nil, usagef("a header must be of the form \"Name: value\", in one line")
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		if slices.Contains([]string{"Authorization", "Cookie", "Host"}, name) {
			return nil, usagef("header %s: must not be given, because the request has the one of tsauth", name)
		}
		given.Add(name, strings.TrimSpace(value))
	}
	for name, values := range given {
		h[name] = values
	}
	return h, nil
}
