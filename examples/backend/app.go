package main

import (
	_ "embed"
	"errors"
	"html/template"
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

type application struct {
	host, sdk string
	plain     bool
	db        users
	tokens    *tokenservice.Service
	flows     *pool.Pool[user]
}

// connect makes the parts that call ThoughtSpot.
func (a *application) connect(key gen.Secret, metrics *prometheus.Collector, opts ...authflow.Option) error {
	cluster, err := authflow.New(a.host, append(opts, authflow.WithSecretKey(key), authflow.WithObserver(metrics.Observe))...)
	if err != nil {
		return err
	}
	metrics.WatchCluster(cluster)
	a.tokens, err = newTokens(cluster, a.db, metrics)
	if err != nil {
		return err
	}
	metrics.WatchService(a.tokens)
	a.flows, err = newFlows(cluster, a.db)
	if err != nil {
		return err
	}
	metrics.WatchPool(a.flows)
	return nil
}

//go:embed page.html
var pageText string

// page is what the page shows: to nobody, how to sign in.
var page = template.Must(template.New("page").Parse(pageText))

type view struct {
	User, Region, Cluster, SDK string
	IsSigningOut               bool // a sign-out has failed, and can be tried again
}

// routes rejects forms that pages of other sites post.
func (a *application) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		u, _ := a.db.signedIn(r) // nobody, if that cannot be told
		show(w, http.StatusOK, view{User: u.name, Region: u.region, Cluster: a.host, SDK: a.sdk})
	})
	mux.HandleFunc("POST /sign-in", a.signIn)
	mux.HandleFunc("POST /sign-out", a.signOut)
	mux.HandleFunc("GET /whoami", a.whoAmI)
	mux.Handle("/ts-token", a.tokens)
	mux.Handle("GET /live", a.tokens.Live())
	mux.Handle("GET /ready", a.tokens.Ready())
	return http.NewCrossOriginProtection().Handler(mux)
}

func show(w http.ResponseWriter, status int, v view) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = page.Execute(w, v) // fails when the browser is gone
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

// signOut ends the sessions first: a page that requests a token in between is signed out.
// After a failure the user can try again, and it continues.
func (a *application) signOut(w http.ResponseWriter, r *http.Request) {
	u, err := a.db.beginSignOut(r)
	if err == nil {
		err = errors.Join(a.flows.Forget(r.Context(), u), a.tokens.Forget(r.Context(), u.name))
	}
	if err == nil {
		err = a.db.endSignOut(r.Context(), u.name)
	}
	if err != nil && !errors.Is(err, tokenservice.ErrUnauthenticated) {
		show(w, http.StatusBadGateway, view{IsSigningOut: true})
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
