package embed

import (
	_ "embed"
	"io"
	"net/http"
)

//go:embed worker.js
var workerText string

// showWorker serves the service worker of the specs about caches.
func showWorker(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript")
	_, _ = io.WriteString(w, workerText) // fails when the browser is gone
}

// showForm serves a page whose requests do not tell their origin: a form of it is sent
// with "Origin: null".
func showForm(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = io.WriteString(w, `<!DOCTYPE html><link rel="icon" href="data:,">
<form method="post" action="`+tokenPath+`/logout"><button id="end">End all tokens</button></form>`)
}
