package authflow

import (
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// spellings of the address of liveFlow's cluster.
var spellings = []string{
	"https://acme.thoughtspot.cloud", "https://acme.thoughtspot.cloud:443", "HTTPS://ACME.ThoughtSpot.cloud", "https://acme.thoughtspot.cloud.",
}

func TestI1ALiveLeaseIsInjectedWithoutAllocation(t *testing.T) {
	f, _ := liveFlow(t)
	for _, spelt := range spellings {
		for name, change := range map[string]func(*http.Request){
			"as it is":            func(*http.Request) {},
			"with a Host":         func(r *http.Request) { r.Host = "acme.thoughtspot.cloud:443" },
			"with an empty value": func(r *http.Request) { r.Header["Authorization"] = []string{""} },
		} {
			req := request(t, spelt)
			change(req)
			if n := testing.AllocsPerRun(100, func() {
				if err := f.Edit(t.Context(), req); err != nil {
					t.Error(err)
				}
			}); n != 0 {
				t.Errorf("%s %s: %v allocations", spelt, name, n)
			}
			if req.Header.Get("Authorization") != "Bearer "+liveToken {
				t.Errorf("%s %s: the header is %q", spelt, name, req.Header)
			}
		}
	}
}

// Whoever takes the lock of a Flow here waits for ever.
func TestI1ALiveLeaseIsInjectedWithoutLock(t *testing.T) {
	f, release := liveFlow(t)
	defer release()
	mu := (*sync.Mutex)(unsafe.Pointer(reflect.ValueOf(&f.keeper).Elem().FieldByName("mu").UnsafeAddr()))
	edits := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, spelt := range spellings {
				if err := f.Edit(t.Context(), request(t, spelt)); err != nil {
					t.Error(err)
				}
			}
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: Edit waits for the lock", what)
		}
	}
	edits("fresh")
	f.StepWallClock(20 * time.Hour)
	if err := f.Edit(t.Context(), request(t, spellings[0])); err != nil { // starts the renewal
		t.Fatal(err)
	}
	edits("due, and being renewed")
}
