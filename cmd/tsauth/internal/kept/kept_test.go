package kept_test

import (
	"context"
	"sync"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/kept"
	"github.com/go-thoughtspot/tsauth/gen"
)

// home gives the test a cache folder of its own.
func home(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, dir)
	}
}

// In an empty folder, the first runs make the mark of the tokens together.
func TestFirstRuns_NeverFailBecauseOfEachOther(t *testing.T) {
	for range 5 {
		home(t)
		var runs sync.WaitGroup
		begin := make(chan struct{})
		for range 50 {
			tokens, err := kept.Open("https://ts.example", "ann")
			if err != nil {
				t.Fatal(err)
			}
			runs.Go(func() {
				<-begin
				for range 2 {
					if _, err := tokens.Options(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		close(begin)
		runs.Wait()
	}
}

// tokenOf returns the token of a run of its own.
func tokenOf(ctx context.Context, sim *authtest.Server) (gen.Secret, error) {
	tokens, err := kept.Open(sim.URL, authtest.DefaultUsername)
	if err != nil {
		return "", err
	}
	opts, err := tokens.Options(ctx)
	if err != nil {
		return "", err
	}
	cluster, err := authflow.New(sim.URL, append(opts, authflow.WithSecretKey(authtest.DefaultSecretKey))...)
	if err != nil {
		return "", err
	}
	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		return "", err
	}
	defer func() { _ = flow.Close() }()
	token, err := flow.Token(ctx)
	return token.Value, err
}

// Runs that start together in an empty folder share their tokens from the first one on,
// and no token of before a Forget is found after it, the first one or a later one.
func TestRunsThatStartTogether_ShareTokensUntilForget(t *testing.T) {
	home(t)
	sim := authtest.NewServer()
	defer sim.Close()
	seen := make(map[gen.Secret]bool)
	for range 3 {
		var runs sync.WaitGroup
		var mu sync.Mutex
		round := make(map[gen.Secret]bool)
		for range 5 {
			runs.Go(func() {
				token, err := tokenOf(t.Context(), sim)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				round[token] = true
			})
		}
		runs.Wait()
		for token := range round {
			if len(round) != 1 || seen[token] {
				t.Errorf("%d tokens, one of them from before: %v", len(round), seen[token])
			}
			seen[token] = true
		}
		tokens, err := kept.Open(sim.URL, authtest.DefaultUsername)
		if err != nil {
			t.Fatal(err)
		}
		if err := tokens.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
