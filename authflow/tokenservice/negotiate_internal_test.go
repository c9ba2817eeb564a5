package tokenservice

import (
	"net/http"
	"strings"
	"testing"
)

// longHeaders are Accept headers of a megabyte, which is as much as net/http accepts.
func longHeaders() map[string]http.Header {
	long := make(map[string]http.Header)
	for _, item := range []string{
		"text/html;q=0.1,", "application/json;q=0.5,", "application/json;q=x,", "application/json;q=0.1;q=0.1,", "*/*;q=2,", "text/plain;",
		"application/json;a=b;", ",", ";", "=", "a", "\xff", `"`, "application/json;q=0.0000000001,",
	} {
		long[item] = http.Header{"Accept": {strings.Repeat(item, (1<<20)/len(item))}}
	}
	long["many headers"] = http.Header{"Accept": strings.Split(strings.Repeat("text/html;q=x\n", 50_000), "\n")}
	long["one long weight"] = http.Header{"Accept": {"application/json;q=0." + strings.Repeat("0", 1<<20)}}
	return long
}

// A long header costs the time to look at each byte of it once, and no memory.
func TestAccept_OfAMegabyte_AllocatesNothing(t *testing.T) {
	for name, h := range longHeaders() {
		if n := testing.AllocsPerRun(1, func() { form(h) }); n != 0 {
			t.Errorf("%q: %v allocations", name, n)
		}
	}
}

func BenchmarkAccept(b *testing.B) {
	for name, h := range longHeaders() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				form(h)
			}
		})
	}
	b.Run("axios", func(b *testing.B) {
		b.ReportAllocs()
		h := http.Header{"Accept": {"application/json, text/plain, */*"}}
		for b.Loop() {
			form(h)
		}
	})
}
