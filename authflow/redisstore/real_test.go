//go:build unix

package redisstore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

// tour uses every operation of a Store once.
func tour(t *testing.T, s *redisstore.Store) {
	t.Helper()
	holds(t, s, "")
	save(t, s, value, time.Minute)
	if left := holds(t, s, value); left > time.Minute || left < 50*time.Second {
		t.Errorf("%v left of a minute", left)
	}
	if err := s.Delete(t.Context(), name, []byte("another")); err != nil {
		t.Error(err)
	}
	holds(t, s, value)
	if err := s.Swap(t.Context(), name, []byte("another"), []byte("swapped"), time.Minute); !errors.Is(err, authflow.ErrChanged) {
		t.Error(err)
	}
	holds(t, s, value)
	if err := s.Swap(t.Context(), name, []byte(value), []byte("swapped"), time.Minute); err != nil {
		t.Error(err)
	}
	holds(t, s, "swapped")
	if err := s.Delete(t.Context(), name, []byte("swapped")); err != nil {
		t.Error(err)
	}
	holds(t, s, "")
	if err := s.Swap(t.Context(), name, nil, []byte("first"), time.Minute); err != nil {
		t.Error(err)
	}
	holds(t, s, "first")
	if err := s.Delete(t.Context(), name, []byte("first")); err != nil {
		t.Error(err)
	}
	save(t, s, value, 300*time.Millisecond)
	eventually(t, 2*time.Second, "the value ends", func() bool {
		_, left, err := s.Load(t.Context(), name)
		if err == nil && (left <= 0 || left > 300*time.Millisecond) {
			t.Errorf("%v left of 300 ms", left)
		}
		return errors.Is(err, authflow.ErrNotStored)
	})

	unlock := lock(t, s, time.Minute)
	busy(t, s)
	unlock()
	died := time.Now()
	lock(t, s, 300*time.Millisecond)
	second := lock(t, s, time.Minute)
	if took := time.Since(died); took < 300*time.Millisecond {
		t.Errorf("a lock with a limit of 300 ms was taken after %v", took)
	}
	busy(t, s)
	second()

	began := time.Now()
	for i := range 10 { // of two turns each
		if got, most := reserve(t, s, 2, 10, 5), time.Duration(2*i-4)*100*time.Millisecond; got > most || got < most-time.Since(began)-time.Millisecond {
			t.Errorf("turn %d: wait %v, want %v", 2*i, got, most)
		}
	}
}

func TestStore_OnARealServer_Works(t *testing.T) {
	client := serverOf(t).client()
	tour(t, storeOn(t, client))
	if err := client.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	tour(t, storeOn(t, client))
}

// Ten replicas, each with a client of its own, share one rate.
func TestReserve_TenReplicas_KeepOneRate(t *testing.T) {
	server := serverOf(t)
	var mu sync.Mutex
	var earliest, latest time.Duration // when the last turn is
	var wg sync.WaitGroup
	began := time.Now()
	reserve(t, storeOn(t, server.client()), 101, 100, 10) // so many that none is due before the replicas begin
	connected := time.Since(began)
	for range 10 {
		s := storeOn(t, server.client())
		wg.Go(func() {
			for range 30 {
				before := time.Since(began)
				wait := reserve(t, s, 1, 100, 10)
				mu.Lock()
				earliest, latest = max(earliest, before+wait), max(latest, time.Since(began)+wait)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	const want = 3910 * time.Millisecond
	if latest < want || earliest > want+connected {
		t.Errorf("401 turns at 100 a second with a burst of 10 end between %v and %v, want %v to %v", earliest, latest, want, want+connected)
	}
}

// The user that the package's doc prints is enough, by TLS, and can do nothing
// else.
func TestK4_UserOfTheDoc_IsEnoughByTLS(t *testing.T) {
	dir := t.TempDir()
	authority := certificate(t, dir)
	server := serverOf(t, "port 0", "tls-port PORT", "tls-auth-clients no", "tls-cert-file "+filepath.Join(dir, "cert"), "tls-key-file "+filepath.Join(dir, "key"),
		"user default off", userInDoc(t))
	good := func(o *redis.Options) {
		o.Username, o.Password = "tsauth", "the-password"
		o.TLSConfig = &tls.Config{RootCAs: authority, MinVersion: tls.VersionTLS12}
	}
	client := server.client(good)
	tour(t, storeOn(t, client))

	for what, forbidden := range map[string]error{
		"read another key":  client.Get(t.Context(), "other").Err(),
		"write another key": client.Set(t.Context(), "other", 1, 0).Err(),
		"by a script":       client.Eval(t.Context(), `return redis.call('GET', 'other')`, nil).Err(),
		"list keys":         client.Keys(t.Context(), "*").Err(),
		"scan":              client.Scan(t.Context(), 0, "*", 1).Err(),
		"flush":             client.FlushAll(t.Context()).Err(),
		"configure":         client.ConfigGet(t.Context(), "*").Err(),
	} {
		if forbidden == nil || !strings.Contains(forbidden.Error(), "NOPERM") && !strings.Contains(forbidden.Error(), "ACL failure") && !strings.Contains(forbidden.Error(), "can't access") {
			t.Errorf("%s: %v", what, forbidden)
		}
	}
	for what, c := range map[string]*redis.Client{
		"no user":          server.client(good, func(o *redis.Options) { o.Username, o.Password = "", "" }),
		"a wrong password": server.client(good, func(o *redis.Options) { o.Password = "the-wrong-one" }),
		"no authority":     server.client(good, func(o *redis.Options) { o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12} }),
		"no TLS":           server.client(good, func(o *redis.Options) { o.TLSConfig = nil }),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if _, _, err := storeOn(t, c).Load(ctx, name); err == nil || errors.Is(err, authflow.ErrNotStored) || strings.Contains(err.Error(), "the-") {
			t.Errorf("%s: %v", what, err)
		}
		cancel()
	}
}

// userInDoc returns the user that the package's doc prints, with the-password, and
// what else the doc has a user need.
func userInDoc(t *testing.T, more ...string) string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.ReplaceAll(string(text), "\n//", "\n")
	user := regexp.MustCompile(`(?s)\tuser tsauth on .*?\n\n`).FindString(doc)
	for _, m := range more {
		found := regexp.MustCompile(`(?s)` + m + ` user needs (.*?) besides`).FindStringSubmatch(doc)
		if found == nil {
			t.Fatalf("doc.go does not say what a %s user needs", m)
		}
		user += " " + found[1]
	}
	if user == "" {
		t.Fatal("doc.go names no user")
	}
	return strings.ReplaceAll(strings.Join(strings.Fields(user), " "), "<password>", "the-password")
}

// certificate writes a certificate for this machine to dir, and returns who
// vouches for it.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}

// A server that hangs holds up nobody for longer than the context says; one that
// is full says so.
func TestK2_RealServerInTrouble_HoldsUpNoCaller(t *testing.T) {
	server := serverOf(t)
	admin := server.client()
	s := storeOn(t, server.client(func(o *redis.Options) { // only contexts limit it
		o.ReadTimeout, o.WriteTimeout = -1, -1
	}))
	save(t, s, value, time.Minute)
	unlock := lock(t, s, time.Minute)

	server.stop()
	for op, do := range map[string]func(context.Context) error{
		"load":    func(ctx context.Context) error { _, _, err := s.Load(ctx, name); return err },
		"save":    func(ctx context.Context) error { return s.Save(ctx, name, []byte("late"), time.Minute) },
		"swap":    func(ctx context.Context) error { return s.Swap(ctx, name, []byte(value), []byte("late"), time.Minute) },
		"delete":  func(ctx context.Context) error { return s.Delete(ctx, name, []byte("another")) },
		"lock":    func(ctx context.Context) error { _, err := s.Lock(ctx, name, time.Minute); return err },
		"reserve": func(ctx context.Context) error { _, err := s.Reserve(ctx, name, 1, 1, 1); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err := do(ctx)
		cancel()
		if err == nil || errors.Is(err, authflow.ErrNotStored) {
			t.Errorf("%s: %v", op, err)
		}
	}
	unlock() // which returns, although the server hangs
	server.cont()
	holds(t, s, value)

	if err := admin.ConfigSet(t.Context(), "maxmemory", "1mb").Err(); err != nil {
		t.Fatal(err)
	}
	if err := admin.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err(); err != nil {
		t.Fatal(err)
	}
	holds(t, s, value)
	if err := s.Save(t.Context(), name, []byte("more"), time.Minute); err == nil || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("a full server: %v", err)
	}
	holds(t, s, value)
	if err := s.Delete(t.Context(), name, []byte(value)); err != nil {
		t.Errorf("a full server lets nothing be deleted: %v", err)
	}

	server.kill()
	server.start()
	tour(t, s)
}
