package main

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"net/http"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// users are the application's own, and their sessions.
type users struct{ *sql.DB }

type user struct{ name, region string }

const (
	sessionCookie = "session"
	sessionLasts  = 12 * time.Hour
)

func openUsers(ctx context.Context, file string) (users, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)")
	if err != nil {
		return users{}, err
	}
	db.SetMaxOpenConns(1) // one in memory is another for each connection
	_, err = db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, salt TEXT, password BLOB, region TEXT);
		CREATE TABLE IF NOT EXISTS sessions (id BLOB PRIMARY KEY, name TEXT REFERENCES users, ends INTEGER,
			signing_out BOOLEAN DEFAULT FALSE)`)
	return users{db}, err
}

// add adds a user, or replaces one.
func (db users) add(ctx context.Context, name, password, region string) error {
	salt := rand.Text()
	hash, err := derive(password, salt)
	if err == nil {
		_, err = db.ExecContext(ctx, "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?)", name, salt, hash, region)
	}
	return err
}

// signIn begins a session, and returns the value of its cookie. A wrong name or
// password is tokenservice.ErrUnauthenticated.
func (db users) signIn(ctx context.Context, name, password string) (string, error) {
	var salt string
	var want []byte
	err := db.QueryRowContext(ctx, "SELECT salt, password FROM users WHERE name = ?", name).Scan(&salt, &want)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	got, err := derive(password, salt) // also for nobody, so that the time tells nothing
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare(got, want) == 0 {
		return "", tokenservice.ErrUnauthenticated
	}
	session, now := rand.Text(), time.Now()
	if _, err := db.ExecContext(ctx, "DELETE FROM sessions WHERE ends <= ?", now.Unix()); err != nil {
		return "", err
	}
	_, err = db.ExecContext(ctx, "INSERT INTO sessions (id, name, ends) VALUES (?, ?, ?)", id(session), name, now.Add(sessionLasts).Unix())
	return session, err
}

// signedIn returns who sent a request, by the cookie alone, or
// tokenservice.ErrUnauthenticated.
func (db users) signedIn(r *http.Request) (u user, err error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return user{}, tokenservice.ErrUnauthenticated
	}
	err = db.QueryRowContext(r.Context(), "SELECT name, region FROM sessions JOIN users USING (name) WHERE id = ? AND ends > ? AND NOT signing_out",
		id(cookie.Value), time.Now().Unix()).Scan(&u.name, &u.region)
	if errors.Is(err, sql.ErrNoRows) {
		err = tokenservice.ErrUnauthenticated
	}
	return u, err
}

// checkSession returns tokenservice.ErrUnauthenticated unless a user with these rules is
// signed in.
func (db users) checkSession(ctx context.Context, u user) error {
	var n int
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM sessions JOIN users USING (name) WHERE name = ? AND region = ? AND ends > ? AND NOT signing_out",
		u.name, u.region, time.Now().Unix()).Scan(&n)
	if err == nil && n == 0 {
		err = tokenservice.ErrUnauthenticated
	}
	return err
}

// beginSignOut ends all sessions of the user who sent a request. The database keeps them
// for another try until endSignOut.
func (db users) beginSignOut(r *http.Request) (u user, err error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return user{}, tokenservice.ErrUnauthenticated
	}
	session := id(cookie.Value)
	_, err = db.ExecContext(r.Context(), "UPDATE sessions SET signing_out = TRUE WHERE name = (SELECT name FROM sessions WHERE id = ?)", session)
	if err != nil {
		return user{}, err
	}
	err = db.QueryRowContext(r.Context(), "SELECT name, region FROM sessions JOIN users USING (name) WHERE id = ?", session).Scan(&u.name, &u.region)
	if errors.Is(err, sql.ErrNoRows) {
		err = tokenservice.ErrUnauthenticated
	}
	return u, err
}

// endSignOut forgets the sessions that beginSignOut has ended.
func (db users) endSignOut(ctx context.Context, name string) error {
	_, err := db.ExecContext(ctx, "DELETE FROM sessions WHERE name = ? AND signing_out", name)
	return err
}

func derive(password, salt string) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, []byte(salt), 600_000, sha256.Size)
}

// id is a session as the database has it: a person who reads it there cannot sign in
// with it.
func id(session string) []byte {
	sum := sha256.Sum256([]byte(session))
	return sum[:]
}
