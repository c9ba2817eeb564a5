package peers

import (
	"context"
	"errors"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Azcore is the BearerTokenPolicy of the Azure SDK, alone to authorise and in
// the SDK's pipeline to send. The pipeline does more than authorise: it reads
// the whole response, keeps a log and retries.
func Azcore() Peer {
	return Peer{
		Name: "azcore",
		Lacks: "renews 5 minutes before expiry and at most every 30 s, neither of which can be set; the caller that renews waits for it, " +
			"and after expiry all wait, and cannot give up; a 401 expires the token, also one that is newer than the request's, and is returned " +
			"unless it carries an Azure challenge; the token is added to a redirect within the host name by net/http's rule; a lock for each request",
		New: func(s Setup) (Client, error) {
			bearer := runtime.NewBearerTokenPolicy((*azcoreMint)(s.bare()), nil, &policy.BearerTokenOptions{
				InsecureAllowCredentialWithHTTP: true, // the loopback server
			})
			pipeline := runtime.NewPipeline("bench", "v1", runtime.PipelineOptions{PerRetry: []policy.Policy{bearer}}, &policy.ClientOptions{
				Transport: s.HTTP,
				Retry:     policy.RetryOptions{MaxRetries: -1}, // every request of a load counts once
			})
			return &azcoreClient{bearer, pipeline}, nil
		},
	}
}

type azcoreMint Setup

// GetToken implements azcore.TokenCredential.
func (m *azcoreMint) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, expires, err := (*Setup)(m).mint(ctx)
	return azcore.AccessToken{Token: token, ExpiresOn: expires}, err
}

type azcoreClient struct {
	bearer   *runtime.BearerTokenPolicy
	pipeline runtime.Pipeline
}

// Authorize implements Client. It calls the policy with nothing behind it, which
// sets the header and then fails to go on, for one small error more than in a
// pipeline.
func (c *azcoreClient) Authorize(raw *http.Request) func() error {
	req, err := runtime.NewRequestFromRequest(raw)
	return func() error {
		if err != nil {
			return err
		}
		if resp, _ := c.bearer.Do(req); resp != nil {
			return resp.Body.Close()
		}
		if raw.Header["Authorization"] == nil {
			return errors.New("azcore has not authorised the request")
		}
		return nil
	}
}

// Do implements Client.
func (c *azcoreClient) Do(raw *http.Request) (*http.Response, error) {
	req, err := runtime.NewRequestFromRequest(raw)
	if err != nil {
		return nil, err
	}
	return c.pipeline.Do(req)
}
