package main

import (
	_ "embed"
	"errors"
	"html/template"
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

type application struct {
	host, sdk string
	plain     bool
	db        users
	tokens    *tokenservice.Service
}

//go:embed page.html
var pageText string

// routes rejects what pages of other sites post.
func (a *application) routes() http.Handler {
	page := template.Must(template.New("page").Parse(pageText))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		u, _ := a.db.signedIn(r) // nobody, if that cannot be told
		w.Header().Set("Cache-Control", "no-store")
		_ = page.Execute(w, map[string]string{"User": u.name, "Region": u.region, "Cluster": a.host, "SDK": a.sdk}) // fails when the browser is gone
	})
	mux.HandleFunc("POST /sign-in", a.signIn)
	mux.HandleFunc("POST /sign-out", a.signOut)
	mux.Handle("/ts-token", a.tokens)
	mux.Handle("GET /live", a.tokens.Live())
	mux.Handle("GET /ready", a.tokens.Ready())
	return http.NewCrossOriginProtection().Handler(mux)
}

func (a *application) signIn(w http.ResponseWriter, r *http.Request) {
	session, err := a.db.signIn(r.Context(), r.FormValue("name"), r.FormValue("password"))
	switch {
	case errors.Is(err, tokenservice.ErrUnauthenticated):
		http.Error(w, "wrong name or password", http.StatusUnauthorized)
		return
	case err != nil:
		http.Error(w, "try again later", http.StatusInternalServerError)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: session, Path: "/", MaxAge: int(sessionLasts.Seconds()),
		HttpOnly: true, Secure: !a.plain, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signOut ends the sessions first: who requests a token in between is signed out.
func (a *application) signOut(w http.ResponseWriter, r *http.Request) {
	u, err := a.db.signedIn(r)
	if err == nil {
		err = a.db.signOut(r.Context(), u.name)
	}
	if err == nil {
		err = a.tokens.Forget(r.Context(), u.name)
	}
	if err != nil && !errors.Is(err, tokenservice.ErrUnauthenticated) {
		http.Error(w, "some of your tokens could not be ended", http.StatusBadGateway)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
