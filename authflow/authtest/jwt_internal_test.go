package authtest

import (
	"encoding/base64"
	"testing"
)

// The example of RFC 7515, appendix A.1, line breaks included.
func TestSignJWT(t *testing.T) {
	const keyText = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
	key, err := base64.RawURLEncoding.DecodeString(keyText)
	if err != nil {
		t.Fatal(err)
	}
	const header = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"
	const payload = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
	const want = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	if got := signJWT([]byte(header), []byte(payload), key); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
