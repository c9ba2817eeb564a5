package peers

import "github.com/oapi-codegen/oapi-codegen/v2/pkg/securityprovider"

// Static is the bearer security provider that comes with oapi-codegen: the
// editor of a generated client, with a token that somebody else keeps alive.
func Static() Peer {
	return Peer{
		Name:  "static",
		Lacks: "never renews: when the token expires, the response to every request is 401",
		New: func(s Setup) (Client, error) {
			provider, err := securityprovider.NewSecurityProviderBearerToken(s.Issued)
			if err != nil {
				return nil, err
			}
			return &editorClient{provider.Intercept, s.HTTP}, nil
		},
	}
}
