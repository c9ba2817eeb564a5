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

// Runs that start together share their tokens, the first ones in an empty folder too. No
// token of before a Forget is found after it, and none of before a ForgetServer, whose user
// has another name.
func TestRunsThatStartTogether_ShareTokensUntilForget(t *testing.T) {
	home(t)
	sim := authtest.NewServer()
	defer sim.Close()
	seen := make(map[gen.Secret]bool)
	for round := range 4 {
		token := sharedToken(t, sim)
		if seen[token] {
			t.Errorf("round %d: the token of before", round)
		}
		seen[token] = true
		user, forget := authtest.DefaultUsername, kept.Tokens.Forget
		if round%2 == 1 {
			user, forget = "another", kept.Tokens.ForgetServer
		}
		tokens, err := kept.Open(sim.URL, user)
		if err != nil {
			t.Fatal(err)
		}
		if err := forget(tokens, t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// What is forgotten of one user, or of one server, is kept of the others.
func TestForget_OfAnother_ForgetsNothing(t *testing.T) {
	home(t)
	sim := authtest.NewServer()
	defer sim.Close()
	first := sharedToken(t, sim)
	for range 2 {
		other, err := kept.Open(sim.URL, "another")
		if err != nil {
			t.Fatal(err)
		}
		elsewhere, err := kept.Open("https://other.example", authtest.DefaultUsername)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{other.Forget(t.Context()), elsewhere.Forget(t.Context()), elsewhere.ForgetServer(t.Context())} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if sharedToken(t, sim) != first {
			t.Error("the token is forgotten")
		}
	}
}

// sharedToken returns the token of five runs at once.
func sharedToken(t *testing.T, sim *authtest.Server) (token gen.Secret) {
	t.Helper()
	var runs sync.WaitGroup
	var mu sync.Mutex
	for range 5 {
		runs.Go(func() {
			got, err := tokenOf(t.Context(), sim)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || token != "" && got != token {
				t.Errorf("two tokens, or %v", err)
			}
			token = got
		})
	}
	runs.Wait()
	return token
}
