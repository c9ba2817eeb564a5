package gen_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

// canned responds to each request with one body.
type canned struct{ body []byte }

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(c.body)), Request: req,
	}, nil
}

// A response that fits its type is decoded as a whole. The call has 50 allocations, of
// which http.Client and this transport have 15. Field by field, it has 91.
func TestClient_ResponseThatFits_AllocatesLittle(t *testing.T) {
	for name, body := range map[string]string{
		"all fields set": `{"token":"t","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,
			"scope":{"access_type":"FULL","org_id":1},"valid_for_user_id":"59a122dc-38d7-43e7-bb90-86f724c7b602","valid_for_username":"ann"}`,
		"a field is null": `{"token":"t","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,
			"scope":{"access_type":"FULL","org_id":1,"metadata_id":null},"valid_for_user_id":"59a122dc-38d7-43e7-bb90-86f724c7b602","valid_for_username":"ann"}`,
	} {
		client, err := gen.NewClientWithResponses("https://acme.thoughtspot.cloud", gen.WithHTTPClient(&http.Client{Transport: canned{[]byte(body)}}))
		if err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(1000, func() {
			r, err := client.GetFullAccessTokenWithResponse(t.Context(), gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: "key"})
			if err != nil || r.JSON200 == nil {
				t.Fatal(err)
			}
		})
		if n > 50+uncounted {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
