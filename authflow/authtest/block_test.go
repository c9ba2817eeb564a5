package authtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestBlock(t *testing.T) {
	for _, way := range ways() {
		t.Run(way.name, func(t *testing.T) {
			sim, client := way.start(t)
			release := sim.Block(authtest.OpGetFullAccessToken)
			const n = 3
			statuses := make(chan int, n)
			for range n {
				go func() {
					a, err := send(context.Background(), t, sim, client, full, annPW)
					if err != nil {
						t.Error(err)
					}
					statuses <- a.status
				}()
			}
			if err := sim.WaitForCalls(t.Context(), authtest.OpGetFullAccessToken, n); err != nil {
				t.Fatal(err)
			}
			if a, err := send(t.Context(), t, sim, client, login, annPW); err != nil || a.status != 204 {
				t.Errorf("another operation: %d %v", a.status, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				_ = sim.WaitForCalls(context.Background(), authtest.OpGetFullAccessToken, n+1)
				cancel()
			}()
			if _, err := send(ctx, t, sim, client, full, annPW); !errors.Is(err, context.Canceled) {
				t.Errorf("a client that gives up has %v", err)
			}
			select {
			case status := <-statuses:
				t.Errorf("a blocked call has been answered with %d", status)
			default:
			}
			release()
			release()
			for range n {
				if status := <-statuses; status != 200 {
					t.Errorf("a released call: %d", status)
				}
			}
			if a, err := send(t.Context(), t, sim, client, full, annPW); err != nil || a.status != 200 {
				t.Errorf("a call after the release: %d %v", a.status, err)
			}
		})
	}
}

// In a bubble a blocked call counts as waiting, and needs no goroutine but its
// caller's.
func TestBlockInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(ann())
		release := sim.Block(authtest.AnyOperation)
		var status int
		go func() { status = call(t, sim, login, annPW).status }()
		synctest.Wait()
		if status != 0 || sim.Calls(authtest.OpLogin) != 1 {
			t.Errorf("status %d while blocked", status)
		}
		release()
		synctest.Wait()
		if status != 204 {
			t.Errorf("status %d after the release", status)
		}
	})
}

// Close does not wait for calls that nobody will release.
func TestCloseEndsBlockedCalls(t *testing.T) {
	server := authtest.NewServer(ann())
	server.Block(authtest.OpLogin)
	server.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Hour))
	errs := make(chan error, 2)
	for _, to := range []string{login, full} {
		go func() {
			_, err := send(context.Background(), t, server.Simulator, server.Client(), to, annPW)
			errs <- err
		}()
	}
	if err := server.WaitForCalls(t.Context(), authtest.AnyOperation, 2); err != nil {
		t.Fatal(err)
	}
	server.Close()
	server.Close()
	for range 2 {
		if err := <-errs; err == nil {
			t.Error("a call was answered")
		}
	}
}
