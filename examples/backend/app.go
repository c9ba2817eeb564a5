package main

import (
	"context"
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
	page      *template.Template
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

// view is what the page shows. Without a user, it asks the visitor to sign in.
type view struct {
	User, Region, Cluster, SDK string
	IsSigningOut               bool // a sign-out has failed, and can be tried again
}

// routes rejects forms that pages of other sites post.
func (a *application) routes() http.Handler {
	a.page = template.Must(template.New("page").Parse(pageText))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		u, _ := a.db.signedIn(r) // nobody, if that cannot be told
		a.show(w, http.StatusOK, view{User: u.name, Region: u.region, Cluster: a.host, SDK: a.sdk})
	})
	mux.HandleFunc("POST /sign-in", a.signIn)
	mux.HandleFunc("POST /sign-out", a.signOut)
	mux.HandleFunc("GET /whoami", a.whoAmI)
	mux.Handle("/ts-token", a.tokens)
	mux.Handle("GET /live", a.tokens.Live())
	mux.Handle("GET /ready", a.tokens.Ready())
	return http.NewCrossOriginProtection().Handler(mux)
}

func (a *application) show(w http.ResponseWriter, status int, v view) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = a.page.Execute(w, v) // fails when the browser is gone
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
	a.setCookie(w, session, int(sessionLasts.Seconds()))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signOut ends the sessions first: a page that requests a token in between is signed out.
// After a failure the user can try again, and it continues. It also goes on if the browser
// closes the page.
func (a *application) signOut(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(context.WithoutCancel(r.Context()))
	u, err := a.db.beginSignOut(r)
	if err == nil {
		err = errors.Join(a.flows.Forget(r.Context(), u), a.tokens.Forget(r.Context(), u.name))
	}
	if err == nil {
		err = a.db.endSignOut(r.Context(), u.name)
	}
	if err != nil && !errors.Is(err, tokenservice.ErrUnauthenticated) {
		a.show(w, http.StatusBadGateway, view{IsSigningOut: true})
		return
	}
	a.setCookie(w, "", -1) // a browser that keeps pages drops those with no-store when a cookie changes
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// setCookie sets the cookie of a session; a negative maxAge, in seconds, deletes it.
func (a *application) setCookie(w http.ResponseWriter, session string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: session, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: !a.plain, SameSite: http.SameSiteLaxMode})
}
