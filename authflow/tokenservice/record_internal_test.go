package tokenservice

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func newShared(t testing.TB) *authflow.SharedValue {
	t.Helper()
	cluster, err := authflow.New("https://ts.example", authflow.WithStore(&storetest.Memory{}, make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return cluster.SharedValue("test", "ann")
}

func tokenOf(i, size int) handedOut {
	text := fmt.Sprintf("%d-", i)
	return handedOut{token: gen.Secret(text + strings.Repeat("t", size-len(text))), username: "ann", at: time.Now(), deadline: time.Now().Add(time.Hour)}
}

// K2: a record that is not one of ours, or that is damaged, counts as empty and is
// replaced.
func TestK2_DamagedRecord_IsReplaced(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"tokens":"x"}`, "\x00\xff"} {
		v := newShared(t)
		if err := v.Swap(t.Context(), []byte(text), time.Minute); err != nil {
			t.Fatal(err)
		}
		for n := range 2 {
			err := changeRecord(t.Context(), v, func(r *record) error {
				if len(r.tokens) != n {
					t.Errorf("%q: it has %d tokens, want %d", text, len(r.tokens), n)
				}
				r.add(tokenOf(n, 20))
				return nil
			})
			if err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

// L3: an application whose requests differ each time takes no more memory by it.
func TestL3_EntriesOfAUser_AreBounded(t *testing.T) {
	var u user
	for i := range 100 {
		sum := sha256.Sum256(fmt.Append(nil, i))
		e := u.entryOf(sum, false)
		if u.entryOf(sum, false) != e || len(u.entries) > maxEntries {
			t.Fatalf("%d entries after %d requests", len(u.entries), i+1)
		}
	}
}

// BenchmarkRecord is what the Store costs for each token that is handed out, beside the
// Store's own time: one Load and one Swap of a record with so many tokens.
func BenchmarkRecord(b *testing.B) {
	for _, size := range []int{200, 1200} {
		for _, tokens := range []int{1, 5, 20, 100} {
			b.Run(fmt.Sprintf("%d tokens of %d bytes", tokens, size), func(b *testing.B) {
				v := newShared(b)
				length := 0
				add := func(i int) {
					err := changeRecord(b.Context(), v, func(r *record) error {
						if len(r.tokens) == tokens {
							r.remove([]gen.Secret{r.tokens[0].token})
						}
						r.add(tokenOf(i, size))
						text, _ := r.stored(time.Now())
						length = len(text)
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				for i := range tokens {
					add(i)
				}
				b.ReportAllocs()
				for i := tokens; b.Loop(); i++ {
					add(i)
				}
				b.ReportMetric(float64(length), "B/record")
			})
		}
	}
}
