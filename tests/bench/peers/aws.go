package peers

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// AWS is the CredentialsCache of the AWS SDK. The SDK signs requests with the
// credentials; here the session token goes into the header, by hand.
func AWS() Peer {
	return Peer{
		Name:    "aws",
		Tunable: true,
		Lacks: "a cache and no client: it sets no header, and a 401 is the user's to notice (Invalidate); renews at expiry, or a set time before it, " +
			"and all callers wait then, though each under its own context; wall clock; no pause after a failure",
		New: func(s Setup) (Client, error) {
			cache := aws.NewCredentialsCache((*awsMint)(s.bare()), func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = s.Margin })
			return &awsClient{cache, s.HTTP}, nil
		},
	}
}

type awsMint Setup

// Retrieve implements aws.CredentialsProvider.
func (m *awsMint) Retrieve(ctx context.Context) (aws.Credentials, error) {
	token, expires, err := (*Setup)(m).mint(ctx)
	// The cache takes credentials without keys for none.
	return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "key", SessionToken: token, CanExpire: true, Expires: expires}, err
}

type awsClient struct {
	cache  *aws.CredentialsCache
	client *http.Client
}

// Authorize implements Client.
func (c *awsClient) Authorize(req *http.Request) func() error {
	return func() error { return c.authorize(req) }
}

func (c *awsClient) authorize(req *http.Request) error {
	creds, err := c.cache.Retrieve(req.Context())
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+creds.SessionToken)
	return nil
}

// Do implements Client.
func (c *awsClient) Do(req *http.Request) (*http.Response, error) {
	if err := c.authorize(req); err != nil {
		return nil, err
	}
	return c.client.Do(req)
}
