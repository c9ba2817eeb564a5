package fake

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"sync"
	"testing"
)

// AppKey returns a function that makes an RSA key when it is first called, and
// returns it in PEM: what ghinstallation signs its mint calls with. The server
// does not look at the signature.
func AppKey(tb testing.TB) func() []byte {
	return sync.OnceValue(func() []byte {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			tb.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	})
}
