package embed

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"time"
)

// sessionCookie is the application's own, as any application has one.
const sessionCookie = "session"

//go:embed page.html
var pageText string

// application serves the page, the SDK, signing in and out, and on its own
// origin the token service as well: the SDK fetches an authEndpoint of another
// origin without cookies.
func (s *Site) application() http.Handler {
	page := template.Must(template.New("page").Parse(pageText))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		user, region := s.user(r)
		if !r.URL.Query().Has("kept") { // by the browser, to show the page again as it was
			w.Header().Set("Cache-Control", "no-store")
		}
		_ = page.Execute(w, map[string]any{ // fails when the browser is gone
			"User": user, "Region": region, "Users": slices.Sorted(maps.Keys(firstRegions())),
			"Cluster": s.Cluster, "Tokens": s.Replicas[s.replicaOf(r)] + tokenPath, "OwnTokens": tokenPath,
		})
	})
	mux.Handle("GET /sdk/", http.StripPrefix("/sdk/", http.FileServer(http.Dir(sdkDir))))
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("POST /region", s.changeRegion)
	mux.HandleFunc("GET /events", s.showEvents)
	mux.HandleFunc("GET /worker.js", showWorker)
	mux.HandleFunc("GET /no-referrer", showForm)
	mux.Handle(tokenPath, s.replica(0))
	mux.Handle(tokenPath+"/", s.replica(0))
	return mux
}

func (s *Site) signIn(w http.ResponseWriter, r *http.Request) {
	user := r.FormValue("user")
	cookie := &http.Cookie{Name: sessionCookie, Value: rand.Text(), Path: "/", HttpOnly: true, Secure: s.config.TLS, SameSite: s.sameSite()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.regions[user] == "" {
		http.Error(w, "there is no such user", http.StatusForbidden)
		return
	}
	s.sessions[cookie.Value] = session{user: user}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, "/?"+r.URL.RawQuery, http.StatusSeeOther)
}

// signOut ends the sessions, and then the tokens: another tab that requests a
// token in between is signed out already. After a failure the user can try again.
func (s *Site) signOut(w http.ResponseWriter, r *http.Request) {
	user := s.beginSignOut(r)
	if user == "" {
		http.Error(w, "sign in first", http.StatusUnauthorized)
		return
	}
	err := s.services[s.replicaOf(r)].Load().Forget(r.Context(), user)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	s.mu.Lock()
	maps.DeleteFunc(s.sessions, func(_ string, of session) bool { return of.user == user && of.isEnded })
	s.mu.Unlock()
	// A browser that keeps pages drops those with no-store when a cookie changes.
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.config.TLS, SameSite: s.sameSite()})
	http.Redirect(w, r, "/?"+r.URL.RawQuery, http.StatusSeeOther)
}

// changeRegion is what an administrator would do in a real application.
func (s *Site) changeRegion(w http.ResponseWriter, r *http.Request) {
	user, _ := s.user(r)
	if user == "" {
		http.Error(w, "sign in first", http.StatusUnauthorized)
		return
	}
	if err := s.SetRegion(r.Context(), user, r.FormValue("region")); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	http.Redirect(w, r, "/?"+r.URL.RawQuery, http.StatusSeeOther)
}

// showEvents tells the page what the service did recently. A real application
// tells its operators alone.
func (s *Site) showEvents(w http.ResponseWriter, _ *http.Request) {
	events := s.Events()
	shown := make([]map[string]any, 0, 20)
	for _, e := range slices.Backward(events) {
		if len(shown) == cap(shown) {
			break
		}
		line := map[string]any{
			"method": e.Method, "user": e.User, "outcome": e.Outcome.String(), "status": e.Status,
			"took": e.Duration.Round(time.Millisecond).String(), "error": "",
		}
		if e.Err != nil {
			line["error"] = e.Err.Error()
		}
		shown = append(shown, line)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(shown) // strings and numbers
}
