package authflow

import (
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// spellings are ways to write the address of the cluster of liveFlow.
var spellings = []string{
	"https://acme.thoughtspot.cloud", "https://acme.thoughtspot.cloud:443", "HTTPS://ACME.ThoughtSpot.cloud", "https://acme.thoughtspot.cloud.",
}

// idnSpellings are ways to write one address with letters beyond ASCII.
var idnSpellings = []string{"https://bücher.example", "https://BÜCHER.example:443", "https://xn--bcher-kva.example"}

func TestI1_Edit_OfALiveLease_AllocatesNothing(t *testing.T) {
	f, _ := liveFlow(t)
	idn, _ := liveFlowAt(t, idnSpellings[0])
	renewed, release := liveFlow(t)
	release()
	if err := renewed.Renew(t.Context()); err != nil { // the token before it is kept for Logout
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		flow      *Flow
		addresses []string
	}{"ASCII": {f, spellings}, "IDN": {idn, idnSpellings}, "renewed": {renewed, spellings}} {
		for _, address := range c.addresses {
			for how, change := range map[string]func(*http.Request){
				"as it is":            func(*http.Request) {},
				"with a Host":         func(r *http.Request) { r.Host = r.URL.Host },
				"with an empty value": func(r *http.Request) { r.Header["Authorization"] = []string{""} },
			} {
				req := request(t, address)
				change(req)
				n := testing.AllocsPerRun(100, func() {
					if err := c.flow.Edit(t.Context(), req); err != nil {
						t.Error(err)
					}
				})
				if n != 0 {
					t.Errorf("%s, %s %s: %v allocations", name, address, how, n)
				}
				if req.Header.Get("Authorization") != "Bearer "+liveToken {
					t.Errorf("%s, %s %s: the header is %q", name, address, how, req.Header)
				}
			}
		}
	}
}

// A call that takes the lock of the Flow waits for ever in this test.
func TestI1_Edit_OfALiveLease_TakesNoLock(t *testing.T) {
	f, release := liveFlow(t)
	defer release()
	mu := (*sync.Mutex)(unsafe.Pointer(reflect.ValueOf(&f.keeper).Elem().FieldByName("mu").UnsafeAddr()))
	edits := func(when string) {
		mu.Lock()
		defer mu.Unlock()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, address := range spellings {
				if err := f.Edit(t.Context(), request(t, address)); err != nil {
					t.Error(err)
				}
			}
		}()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: Edit waits for the lock", when)
		}
	}
	edits("fresh")
	f.StepWallClock(20 * time.Hour)
	if err := f.Edit(t.Context(), request(t, spellings[0])); err != nil { // begins the renewal
		t.Fatal(err)
	}
	edits("due, with the renewal in progress")
}
