package replicas

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// programs are the executables of package replica and of tsauth, the simulator.
var programs = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "replicas-"); err != nil {
		return "", err
	}
	for name, source := range map[string]string{"replica": "./replica", "tsauth": "../../cmd/tsauth"} {
		build := exec.CommandContext(context.Background(), "go", "build", "-o", filepath.Join(dir, name), ".")
		build.Dir, build.Stderr = source, os.Stderr
		if err := build.Run(); err != nil {
			return dir, fmt.Errorf("building %s: %w", name, err)
		}
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, _ := programs(); dir != "" {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// fleet is the processes of a spec.
type fleet struct {
	t        *testing.T
	settings settings
	redis    *process
	store    string // the address of Redis, or "" without
	control  string // the URL of the simulator's control API
	cluster  string
	secret   string // the file of the secret key
	replicas []*replica
	client   *http.Client
}

// settings of a fleet.
type settings struct {
	replicas int
	validity int     // of tokens, in seconds
	rate     float64 // calls for tokens a second, of all replicas together

	serverRate float64                       // calls a second that the server allows, of any kind
	storeAt    func(n int, at string) string // where replica n finds Redis, which is at an address
	program    func(n int) string            // of replica n
	env        func(n int) []string          // of replica n
}

// replica is a process of the program.
type replica struct {
	*process
	url string
}

const (
	secretKey = "2657f6f9-6aa9-4432-99f2-bf0d70f240ac"
	mintCall  = "getCustomAccessToken"
	redisConf = `bind 127.0.0.1
save ""
appendonly no
maxmemory-policy noeviction
loglevel warning
`
)

// requestTime is more than any request takes, whatever becomes of the store: 2 s
// for the store, a renewal, and the machine that all the processes share.
const requestTime = 20 * time.Second

// storeKey is a key of the store, in hexadecimal.
func storeKey(n byte) string { return hex.EncodeToString(bytes.Repeat([]byte{n}, 32)) }

func newFleet(t *testing.T, s settings) *fleet {
	t.Helper()
	if testing.Short() {
		t.Skip("real processes are for the long run")
	}
	dir, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{t: t, settings: s, secret: filepath.Join(t.TempDir(), "secret-key"), client: &http.Client{
		Timeout: requestTime, Transport: &http.Transport{MaxIdleConnsPerHost: 128},
	}}
	t.Cleanup(f.client.CloseIdleConnections)
	f.writeSecret(secretKey)
	sim := start(t, nil, filepath.Join(dir, "tsauth"), "simulate", "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0", "--secret-key", secretKey)
	f.cluster = sim.line(t)
	f.control = strings.TrimPrefix(sim.line(t), "control ")
	f.tell(http.MethodPatch, "/settings", map[string]any{"rate_limit": map[string]any{"per_second": s.serverRate, "burst": max(40, s.serverRate/10)}}, nil)
	if os.Getenv("TSAUTH_REPLICAS_STORE") != "none" {
		f.store = f.startRedis("0")
	}
	for n := range s.replicas {
		f.replicas = append(f.replicas, f.startReplica(n, storeKey(1)))
	}
	return f
}

// startRedis starts an empty Redis, on a port or, for 0, on a free one, and
// returns its address.
func (f *fleet) startRedis(port string) string {
	f.t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("TSAUTH_REDIS") == "required" {
			f.t.Fatal("TSAUTH_REDIS=required, and there is no redis-server")
		}
		f.t.Skip("there is no redis-server on this machine")
	}
	if port == "0" {
		l, err := new(net.ListenConfig).Listen(f.t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			f.t.Fatal(err)
		}
		_, port, _ = net.SplitHostPort(l.Addr().String())
		_ = l.Close()
	}
	dir := f.t.TempDir()
	conf := filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(conf, []byte(redisConf+"port "+port+"\ndir "+dir+"\nlogfile "+dir+"/log\n"), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.redis = start(f.t, nil, "redis-server", conf)
	addr := net.JoinHostPort("127.0.0.1", port)
	within(f.t, 10*time.Second, "Redis answers", func() bool { return f.admin(addr).Ping(f.t.Context()).Err() == nil })
	return addr
}

// admin is a client of Redis that ends with the spec.
func (f *fleet) admin(addr string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, MaxRetries: -1})
	f.t.Cleanup(func() { _ = c.Close() })
	return c
}

// startReplica starts replica n with these keys of the store.
func (f *fleet) startReplica(n int, keys string) *replica {
	f.t.Helper()
	dir, _ := programs()
	s, program, at := f.settings, filepath.Join(dir, "replica"), f.store
	if s.program != nil {
		program = s.program(n)
	}
	if s.storeAt != nil && at != "" {
		at = s.storeAt(n, at)
	}
	env := []string{
		"CLUSTER=" + f.cluster, "SECRET_FILE=" + f.secret, "REDIS=" + at, "STORE_KEYS=" + keys,
		"VALIDITY=" + strconv.Itoa(s.validity), fmt.Sprintf("RATE=%v", s.rate),
	}
	if s.env != nil {
		env = append(env, s.env(n)...)
	}
	p := start(f.t, env, program)
	return &replica{p, p.line(f.t)}
}

// writeSecret gives the replicas a secret key.
func (f *fleet) writeSecret(key string) {
	f.t.Helper()
	next := f.secret + ".next"
	if err := os.WriteFile(next, []byte(key), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(next, f.secret); err != nil {
		f.t.Fatal(err)
	}
}

// tell calls the control API, and decodes its response.
func (f *fleet) tell(method, path string, body, answer any) {
	f.t.Helper()
	var text bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			f.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.control+path, &text)
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := f.client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, _ := io.ReadAll(resp.Body)
	if resp.StatusCode/100 != 2 {
		f.t.Fatalf("%s %s: %s: %s", method, path, resp.Status, got)
	}
	if answer != nil {
		if err := json.Unmarshal(got, answer); err != nil {
			f.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
}

// mints returns how many tokens were requested from the server.
func (f *fleet) mints() int {
	f.t.Helper()
	var calls struct {
		ByOperation map[string]int `json:"by_operation"`
	}
	f.tell(http.MethodGet, "/calls", nil, &calls)
	return calls.ByOperation[mintCall]
}

// get gets a path of a replica.
func (f *fleet) get(n int, path string) (string, error) {
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, f.replicas[n].url+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("replica %d: %s: %s: %s", n, path, resp.Status, text)
	}
	return string(text), err
}

// stats returns the counters of all replicas, added up.
func (f *fleet) stats() (sum map[string]int) {
	f.t.Helper()
	sum = map[string]int{}
	for n := range f.replicas {
		text, err := f.get(n, "/stats")
		if err != nil {
			f.t.Fatal(err)
		}
		var one map[string]int
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			f.t.Fatal(err)
		}
		for k, v := range one {
			sum[k] += v
		}
	}
	return sum
}

// everywhere lets a user come to all replicas at once.
func (f *fleet) everywhere(path string) {
	f.t.Helper()
	var wg sync.WaitGroup
	for n := range f.replicas {
		wg.Go(func() {
			if _, err := f.get(n, path); err != nil {
				f.t.Error(err)
			}
		})
	}
	wg.Wait()
}

// shares waits until a new user costs one token for all replicas, and returns how
// long that took.
func (f *fleet) shares(limit time.Duration) time.Duration {
	f.t.Helper()
	fresh := 0
	return within(f.t, limit, "the replicas share tokens again", func() bool {
		fresh++
		before, user := f.stats(), fmt.Sprintf("/token/fresh-%d", fresh)
		got := map[string]bool{}
		for n := range f.replicas {
			token, err := f.get(n, user)
			if err != nil {
				f.t.Fatal(err)
			}
			got[token] = true
		}
		return len(got) == 1 && f.stats()["store_failed"] == before["store_failed"]
	})
}
