package peers

import (
	"context"
	"net/http"
)

// editorClient does what a generated client does with a RequestEditorFn.
type editorClient struct {
	edit   func(context.Context, *http.Request) error
	client *http.Client
}

// Authorize implements Client.
func (c *editorClient) Authorize(req *http.Request) func() error {
	return func() error { return c.edit(req.Context(), req) }
}

// Do implements Client.
func (c *editorClient) Do(req *http.Request) (*http.Response, error) {
	if err := c.edit(req.Context(), req); err != nil {
		return nil, err
	}
	return c.client.Do(req)
}
