package exchange

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const noIdleLimit = 0

// setting is the header of a response that sets cookies, with a right Date.
func setting(now time.Time, cookies ...string) http.Header {
	return http.Header{"Set-Cookie": cookies, "Date": {now.UTC().Format(http.TimeFormat)}}
}

func newSession(tb testing.TB, server string, cookies ...string) *Session {
	tb.Helper()
	now := time.Now()
	s := NewSession(origin(tb, server), now, noIdleLimit, setting(now, cookies...))
	if s == nil {
		tb.Fatalf("%s: no session from %q", server, cookies)
	}
	return s
}

// sentTo returns the Cookie header of a request for a path at now.
func sentTo(tb testing.TB, s *Session, path string, now time.Time) string {
	tb.Helper()
	req := request(tb, http.MethodGet, serverURL)
	req.URL.Path = path
	s.Attach(req, now)
	return req.Header.Get("Cookie")
}

// setCookie is a random Set-Cookie header, in which everything happens that a jar
// looks at.
func setCookie(r *rand.Rand, host string) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	at := time.Now().Add(time.Duration(r.IntN(7200)-1800) * time.Second)
	line := pick("a", "b", "A") + "=" + pick("1", "2", `"q"`, "x y", "u=v", strconv.Itoa(r.IntN(1000)))
	if r.IntN(2) > 0 {
		line += "; Path=" + pick("/", "/api", "/api/", "/api/rest", "/ap", "/api/rest/2.0/x", "/other", "relative", "", "//", "/a%20b", "/API")
	}
	if r.IntN(2) > 0 {
		_, parent, _ := strings.Cut(host, ".")
		line += "; Domain=" + pick(host, "."+host, parent, "."+parent, strings.ToUpper(host), "sub."+host, "other.example", "x"+host, ".", "", host+".", ".."+host)
	}
	if r.IntN(3) > 0 {
		line += pick("; Max-Age=0", "; Max-Age=-1", "; Max-Age=600", "; Max-Age=5", "; Max-Age=x", "; Max-Age=315360000")
	}
	if r.IntN(3) > 0 {
		line += "; Expires=" + pick(at.UTC().Format(http.TimeFormat), at.UTC().Format("Mon, 02-Jan-2006 15:04:05 MST"),
			"Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "never", "0")
	}
	return line + pick("", "", "; HttpOnly", "; Secure", "; SameSite=None; Secure", "; Partitioned; Secure")
}

// Whatever a server sets, in whatever order, a session sends what a jar of
// net/http/cookiejar would. The one difference: a Secure cookie that a jar would
// keep and never send over plain http does not replace another one of its name.
// A seed that fails is printed; SEED=n plays it again.
func TestS1_RandomCookies_AreSentAsCookiejarSendsThem(t *testing.T) {
	t.Parallel()
	seeds := []uint64{rand.Uint64(), rand.Uint64(), rand.Uint64()}
	for len(seeds) < 60 {
		seeds = append(seeds, rand.Uint64())
	}
	if n, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seeds = []uint64{n}
	}
	for _, seed := range seeds {
		for _, server := range []string{"https://ts.acme.example", "http://ts.acme.example", "https://192.0.2.7", "https://[2001:db8::1]:8443", "https://TS.acme.example."} {
			synctest.Test(t, func(t *testing.T) { playCookies(t, seed, server) })
		}
	}
}

func playCookies(t *testing.T, seed uint64, server string) {
	r := rand.New(rand.NewPCG(seed, 0))
	s := newSession(t, server, "JSESSIONID=s; Path=/")
	jar, _ := cookiejar.New(nil)
	at := parsed(t, server)
	jar.SetCookies(at, []*http.Cookie{{Name: "JSESSIONID", Value: "s", Path: "/"}})
	var script []string
	for range 30 {
		at.Path = []string{"", "/", "/api", "/api/", "/api/rest/2.0/x", "/api/rest/2.0/x/y", "/apix", "/other/", "/a b/c", "//", "/a/../b/c", "/API/x"}[r.IntN(12)]
		want := cookieTexts(jar.Cookies(at))
		got := cookieTexts((&http.Request{Header: http.Header{"Cookie": {sentTo(t, s, at.Path, time.Now())}}}).Cookies())
		if !slices.Equal(got, want) {
			t.Fatalf("SEED=%d, %s: %q gets %q, want %q, after\n%s", seed, server, at.Path, got, want, strings.Join(script, "\n"))
		}
		var all []string
		for range r.IntN(4) {
			one := setCookie(r, strings.TrimSuffix(at.Hostname(), "."))
			if at.Scheme == "https" || !strings.Contains(one, "Secure") {
				all = append(all, one)
			}
		}
		script = append(script, fmt.Sprintf("%q is answered with %q", at.Path, all))
		h := setting(time.Now(), all...)
		jar.SetCookies(at, (&http.Response{Header: h}).Cookies())
		s.Update(h, at.Path, time.Now())
		if r.IntN(3) == 0 {
			time.Sleep(time.Duration(r.IntN(900)) * time.Second) // fake clock
		}
	}
}

func cookieTexts(all []*http.Cookie) []string {
	texts := make([]string, 0, len(all))
	for _, c := range all {
		texts = append(texts, c.Name+"="+c.Value)
	}
	slices.Sort(texts)
	return texts
}

func TestS1_SecureCookie_IsSentOnTheMachineItself(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"http://127.0.0.1:8080": "JSESSIONID=new", "http://localhost": "JSESSIONID=new", "http://[::1]:80": "JSESSIONID=new", "http://127.1.2.3": "JSESSIONID=new",
		"https://ts.example": "JSESSIONID=new", "http://ts.example": "JSESSIONID=ours", "http://localhost.evil.example": "JSESSIONID=ours", "http://192.0.2.7": "JSESSIONID=ours",
	} {
		s := newSession(t, server, "JSESSIONID=ours; Path=/")
		s.Update(setting(time.Now(), "JSESSIONID=new; Path=/; Secure; HttpOnly"), apiPathX, time.Now())
		if got := sentTo(t, s, apiPathX, time.Now()); got != want {
			t.Errorf("%s: %q, want %q", server, got, want)
		}
		now := time.Now()
		logIn := NewSession(origin(t, server), now, noIdleLimit, setting(now, "JSESSIONID=new; Path=/; Secure", "clientId=c; Path=/; Secure"))
		if (logIn != nil) != (want == "JSESSIONID=new") {
			t.Errorf("%s: login possible: %v", server, logIn != nil)
		}
	}
}

func TestS1_LogInWithoutAUsableCookie_BeginsNoSession(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, cookies := range [][]string{
		nil, {"JSESSIONID=s; Path=/other"}, {"JSESSIONID=s; Domain=evil.example"}, {"JSESSIONID=s; Path=/; Max-Age=0"}, {"JSESSIONID=s; Path=/; Max-Age=-1"},
		{"JSESSIONID=" + strings.Repeat("x", 5000) + "; Path=/"}, {"JSESSIONID=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "other=1; Path=/x"},
	} {
		if s := NewSession(origin(t, serverURL), now, noIdleLimit, setting(now, cookies...)); s != nil {
			t.Errorf("%q: a session", cookies)
		}
	}
}

func TestS1_TwoCookiesOfOneName_AreSentNearestFirst(t *testing.T) {
	t.Parallel()
	s := newSession(t, serverURL, "JSESSIONID=s; Path=/")
	s.Update(setting(time.Now(), "a=root; Path=/", "a=deep; Path=/api/rest/2.0/metadata", "a=api; Path=/api"), apiPathX, time.Now())
	s.Update(setting(time.Now(), "a=root again; Path=/"), apiPathX, time.Now())
	if got := sentTo(t, s, apiPathX, time.Now()); got != "a=deep; a=api; JSESSIONID=s; a=root again" {
		t.Errorf("%q", got)
	}
	if got := sentTo(t, s, "/other", time.Now()); got != "JSESSIONID=s; a=root again" {
		t.Errorf("%q", got)
	}
}

// The clocks of the server, of a proxy and of the client may all be wrong.
func TestR1_CookieWithExpires_OutlivesAWrongDate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	date := func(d time.Duration) string { return now.Add(d).UTC().Format(http.TimeFormat) }
	for name, tt := range map[string]struct {
		expires, date time.Duration // by our clock
		alive, dead   time.Duration
	}{
		"right":                    {30 * time.Minute, 0, 29 * time.Minute, 31 * time.Minute},
		"proxy an hour ahead":      {30 * time.Minute, time.Hour, 29 * time.Minute, 31 * time.Minute},
		"proxy 290 s ahead":        {30 * time.Minute, 290 * time.Second, 25 * time.Minute, 31 * time.Minute},
		"our clock a day behind":   {24*time.Hour + 30*time.Minute, 24 * time.Hour, 29 * time.Minute, 31 * time.Minute},
		"our clock a day ahead":    {-24*time.Hour + 30*time.Minute, -24 * time.Hour, 29 * time.Minute, 31 * time.Minute},
		"Expires without any Date": {30 * time.Minute, -1, 29 * time.Minute, 31 * time.Minute},
	} {
		h := http.Header{"Set-Cookie": {"JSESSIONID=s; Path=/; Expires=" + date(tt.expires)}}
		if tt.date != -1 {
			h.Set("Date", date(tt.date))
		}
		s := NewSession(origin(t, serverURL), now, noIdleLimit, h)
		if s == nil {
			t.Errorf("%s: no login possible", name)
			continue
		}
		if !s.IsAlive(now.Add(tt.alive)) || s.IsAlive(now.Add(tt.dead)) {
			t.Errorf("%s: alive after %v: %v, after %v: %v", name, tt.alive, s.IsAlive(now.Add(tt.alive)), tt.dead, s.IsAlive(now.Add(tt.dead)))
		}
	}
	s := newSession(t, serverURL, "JSESSIONID=s; Path=/")
	s.Update(http.Header{"Date": {date(24 * time.Hour)}, "Set-Cookie": {"JSESSIONID=; Path=/; Expires=" + date(24*time.Hour-time.Second)}}, "/", now)
	if s.IsAlive(now.Add(time.Minute)) {
		t.Error("a cookie that the server deleted lives on, because our clock is a day behind")
	}
}

func TestS2_IdleSession_IsDeadBeforeTheServerSaysSo(t *testing.T) {
	t.Parallel()
	began := time.Now()
	s := NewSession(origin(t, serverURL), began, time.Hour, setting(began, "JSESSIONID=s; Path=/"))
	for i, tt := range []struct {
		at    time.Duration
		alive bool
	}{{0, true}, {59 * time.Minute, true}, {time.Hour - 5*time.Second, false}, {2 * time.Hour, false}} {
		if got := s.IsAlive(began.Add(tt.at)); got != tt.alive {
			t.Errorf("%d: alive after %v: %v", i, tt.at, got)
		}
	}
	s.Touch(began.Add(50 * time.Minute))
	s.Touch(began.Add(10 * time.Minute)) // a request that was sent earlier, answered late
	if !s.IsAlive(began.Add(109*time.Minute)) || s.IsAlive(began.Add(110*time.Minute)) {
		t.Error("the last use does not count from when it was sent")
	}
	short := NewSession(origin(t, serverURL), began, 20*time.Second, setting(began, "JSESSIONID=s; Path=/"))
	if !short.IsAlive(began.Add(18*time.Second)) || short.IsAlive(began.Add(19*time.Second)) {
		t.Error("the margin of a short idle time is not a twentieth")
	}
}

// A wall clock that runs ahead for a while neither keeps a dead session alive
// nor a dead cookie; a machine that slept ends both.
func TestS2_WallClockThatRanAhead_CountsNotAsUse(t *testing.T) {
	t.Parallel()
	began := time.Now()
	const idle = 3 * time.Hour
	for name, ahead := range map[string]time.Duration{"as it should be": 0, "2 h": 2 * time.Hour, "2 h 59 min": idle - time.Minute, "behind": -time.Hour} {
		s := NewSession(origin(t, serverURL), began, idle, setting(began, "JSESSIONID=s; Path=/"))
		s.began.wall -= int64(ahead)
		s.Touch(began.Add(10 * time.Minute))
		s.Update(setting(began, "JSESSIONID=t; Path=/; Max-Age=18000"), "/", began.Add(10*time.Minute))
		s.began.wall += int64(ahead) // the clock is set right
		if s.IsAlive(began.Add(10*time.Minute + idle)) {
			t.Errorf("%s: the session is idle for 3 h and is still sent", name)
		}
		s.Touch(began.Add(4 * time.Hour))
		if s.IsAlive(began.Add(10*time.Minute + 5*time.Hour)) {
			t.Errorf("%s: the cookie is over and the session is used", name)
		}
	}
	slept := NewSession(origin(t, serverURL), began, idle, setting(began, "JSESSIONID=s; Path=/"))
	slept.began.wall -= int64(idle)
	if slept.IsAlive(began.Add(time.Second)) {
		t.Error("a machine that slept for 3 h sends the dead session")
	}
}

func TestP1_RotatedCookie_IsNoticed(t *testing.T) {
	t.Parallel()
	s := newSession(t, serverURL, "JSESSIONID=1; Path=/", "clientId=c; Path=/")
	req := request(t, http.MethodGet, serverURL)
	mark := s.Attach(req, time.Now())
	if s.ChangedSince(mark) {
		t.Error("changed without cause")
	}
	if s.Update(setting(time.Now(), "JSESSIONID=1; Path=/"), "/", time.Now()) || s.ChangedSince(mark) {
		t.Error("the same cookie counts as a change")
	}
	if !s.Update(setting(time.Now(), "JSESSIONID=2; Path=/"), "/", time.Now()) || !s.ChangedSince(mark) {
		t.Error("a rotated cookie is not noticed")
	}
	if !s.Has("JSESSIONID=2") || s.Has("JSESSIONID=1") || s.Has("JSESSIONID") {
		t.Error("Has knows other cookies")
	}
	if req.Header.Get("Cookie") != "JSESSIONID=1; clientId=c" {
		t.Errorf("a request that was sent has changed: %q", req.Header)
	}
}

func TestI5_CallersCookies_ArriveByteForByte(t *testing.T) {
	t.Parallel()
	s := newSession(t, serverURL, "JSESSIONID=s; Path=/")
	for own, want := range map[string]string{
		"a=1":                        "a=1; JSESSIONID=s",
		`a="x y";  b = 2;c`:          `a="x y";  b = 2;c; JSESSIONID=s`,
		"JSESSIONID=mine":            "JSESSIONID=s",
		"a=1; JSESSIONID=mine; b=2":  "a=1; b=2; JSESSIONID=s",
		"jsessionid=not-the-same":    "jsessionid=not-the-same; JSESSIONID=s",
		"JSESSIONIDX=not-the-same;;": "JSESSIONIDX=not-the-same;;; JSESSIONID=s",
	} {
		req := request(t, http.MethodGet, serverURL)
		req.Header["cookie"] = []string{own}
		s.Attach(req, time.Now())
		if got := req.Header["Cookie"]; len(got) != 1 || got[0] != want || len(req.Header) != 1 {
			t.Errorf("%q: %q", own, req.Header)
		}
	}
}

func TestS1_Attach_AllocatesAtMostOnce(t *testing.T) { //nolint:paralleltest // it counts allocations
	s := newSession(t, serverURL, "JSESSIONID=s; Path=/; HttpOnly", "clientId=c; Path=/; Secure; HttpOnly")
	req := request(t, http.MethodGet, serverURL)
	now := time.Now()
	if n := testing.AllocsPerRun(100, func() { delete(req.Header, "Cookie"); s.Attach(req, now) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

// A server cannot fill the memory or the requests, nor replace the session.
func TestX2_ManyAndLongCookies_AreBounded(t *testing.T) {
	t.Parallel()
	s := newSession(t, serverURL, "JSESSIONID=s; Path=/")
	for round := range 3 {
		var all []string
		for i := range 500 {
			all = append(all, fmt.Sprintf("c%d-%d=%s; Path=/", round, i, strings.Repeat("v", 4000)), fmt.Sprintf("d%d=%s", i, strings.Repeat("v", 5000)))
		}
		s.Update(setting(time.Now(), all...), "/", time.Now())
	}
	if got := sentTo(t, s, "/x", time.Now()); !strings.Contains(got, "JSESSIONID=s") || len(got) > 64*4100 {
		t.Errorf("%d bytes", len(got))
	}
	s.Update(setting(time.Now(), "JSESSIONID=changed; Path=/"), "/", time.Now())
	if !strings.Contains(sentTo(t, s, "/x", time.Now()), "JSESSIONID=changed") {
		t.Error("the session's cookie cannot change any more")
	}
	var all []string
	for i := range 500 {
		all = append(all, fmt.Sprintf("c%d=v; Path=/", i))
	}
	newSession(t, serverURL, append(all, "JSESSIONID=s; Path=/")...)
}

func TestS2_Lifetime_EndsWithTheSessionsCookie(t *testing.T) {
	t.Parallel()
	for want, cookies := range map[time.Duration][]string{
		time.Hour:     {"JSESSIONID=s; Path=/; Max-Age=3600", "other=1; Path=/"},
		math.MaxInt64: {"JSESSIONID=s; Path=/", "other=1; Path=/; Max-Age=60"},
		time.Minute:   {"SESSION=s; Path=/; Max-Age=60"}, // a server with another name for it
	} {
		if got := newSession(t, serverURL, cookies...).Lifetime(); got != want {
			t.Errorf("%q: %v", cookies, got)
		}
	}
}
