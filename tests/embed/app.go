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
// origin the token service as well: the SDK asks an authEndpoint elsewhere
// without cookies.
func (s *Site) application() http.Handler {
	page := template.Must(template.New("page").Parse(pageText))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		user, region := s.user(r)
		w.Header().Set("Cache-Control", "no-store")
		_ = page.Execute(w, map[string]any{ // an error is the browser's that went away
			"User": user, "Region": region, "Users": slices.Sorted(maps.Keys(firstRegions())),
			"Cluster": s.Cluster, "Tokens": s.Tokens + tokenPath, "OwnTokens": tokenPath,
		})
	})
	mux.Handle("GET /sdk/", http.StripPrefix("/sdk/", http.FileServer(http.Dir(sdkDir))))
	mux.HandleFunc("POST /sign-in", s.signIn)
	mux.HandleFunc("POST /sign-out", s.signOut)
	mux.HandleFunc("POST /region", s.changeRegion)
	mux.HandleFunc("GET /events", s.showEvents)
	mux.HandleFunc(tokenPath, s.serveToken)
	mux.HandleFunc(tokenPath+"/", s.serveToken)
	return mux
}

func (s *Site) signIn(w http.ResponseWriter, r *http.Request) {
	user := r.FormValue("user")
	cookie := &http.Cookie{Name: sessionCookie, Value: rand.Text(), Path: "/", HttpOnly: true, Secure: s.config.TLS, SameSite: http.SameSiteLaxMode}
	if s.config.SentAnywhere {
		cookie.SameSite = http.SameSiteNoneMode
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.regions[user] == "" {
		http.Error(w, "there is no such user", http.StatusForbidden)
		return
	}
	s.sessions[cookie.Value] = user
	http.SetCookie(w, cookie)
	http.Redirect(w, r, "/?"+r.URL.RawQuery, http.StatusSeeOther)
}

// signOut ends the session, and then the tokens: whoever asks in between, from
// another tab, is signed out already.
func (s *Site) signOut(w http.ResponseWriter, r *http.Request) {
	user, _ := s.user(r)
	if user == "" {
		http.Error(w, "sign in first", http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	maps.DeleteFunc(s.sessions, func(_, of string) bool { return of == user })
	s.mu.Unlock()
	if err := s.Service().Forget(r.Context(), user); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
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

// showEvents tells the page what the service did of late. A real application
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
