package authflow

import (
	"bytes"
	"net/http"

	"github.com/go-thoughtspot/tsauth/gen"
)

// method is how a Flow gets its credential.
type method uint8

const (
	methodFull method = iota
	methodObject
	methodCustom
	methodLogin
	methodSessionToken
	methodTokensFrom
)

// op is the operationId of a method, or the function that made the Flow.
func (m method) op() string {
	return [...]string{
		methodFull: "getFullAccessToken", methodObject: "getObjectAccessToken", methodCustom: "getCustomAccessToken",
		methodLogin: "login", methodSessionToken: "getCurrentUserToken", methodTokensFrom: "TokensFrom",
	}[m]
}

// build makes the request for a credential.
func (m method) build(server string, body []byte) (*http.Request, error) {
	const json = "application/json"
	r := bytes.NewReader(body)
	switch m {
	case methodFull:
		return gen.NewGetFullAccessTokenRequestWithBody(server, json, r)
	case methodObject:
		return gen.NewGetObjectAccessTokenRequestWithBody(server, json, r)
	case methodCustom:
		return gen.NewGetCustomAccessTokenRequestWithBody(server, json, r)
	case methodLogin:
		return gen.NewLoginRequestWithBody(server, json, r)
	}
	return gen.NewGetCurrentUserTokenRequest(server)
}
