package peers

import (
	"context"
	"net/http"
)

// PerRequest mints a token for every request, as a script does.
func PerRequest() Peer {
	return Peer{
		Name:  "per-request",
		Lacks: "keeps nothing: two calls for each request, and a wrong password is posted each time",
		New: func(s Setup) (Client, error) {
			s = *s.bare()
			return &editorClient{func(ctx context.Context, req *http.Request) error {
				token, _, err := s.mint(ctx)
				if err != nil {
					return err
				}
				req.Header.Set("Authorization", "Bearer "+token)
				return nil
			}, s.HTTP}, nil
		},
	}
}
