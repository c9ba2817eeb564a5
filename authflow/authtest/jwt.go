package authtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/go-thoughtspot/tsauth/gen"
)

// claims are the payload of a custom access token. Times are in seconds since
// the Unix epoch, as RFC 7519 has them.
type claims struct {
	Issuer        string            `json:"iss"`
	Subject       string            `json:"sub"`
	IssuedAt      int64             `json:"iat"`
	ExpiresAt     int64             `json:"exp"`
	ID            string            `json:"jti"`
	Org           gen.Org           `json:"org"`
	PersistOption gen.PersistOption `json:"persist_option"`
	Rules         Properties        `json:"rules"`
}

// signJWT returns a JWT (RFC 7519) in compact form with an HMAC SHA-256
// signature (HS256 of RFC 7518).
func signJWT(header, payload, key []byte) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode(header) + "." + encode(payload)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

// jwt makes the value of a custom access token. Clients do not verify it, so
// the key is the token's own and forgotten.
func jwt(c claims) gen.Secret {
	return gen.Secret(signJWT([]byte(`{"alg":"HS256","typ":"JWT"}`), mustJSON(c), []byte(opaque())))
}
