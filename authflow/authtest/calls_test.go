package authtest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestCalls(t *testing.T) {
	sim := authtest.New(ann())
	if got := sim.CallCounts(); got == nil || len(got) != 0 {
		t.Errorf("at first %v", got)
	}
	tok := token(t, sim, full, annPW)
	call(t, sim, full, `{}`)
	sim.Fail(authtest.OpLogin, 1, authtest.Status(500))
	call(t, sim, login, annPW)
	call(t, sim, search, ``, bearer(tok.Token))
	call(t, sim, "GET /elsewhere", ``)
	wanted := map[string]int{"getFullAccessToken": 2, "login": 1, "echo": 1}
	if got := sim.CallCounts(); !maps.Equal(got, wanted) {
		t.Errorf("counts %v, want %v", got, wanted)
	}
	if sim.Calls(authtest.OpGetFullAccessToken) != 2 || sim.Calls(authtest.AnyOperation) != 5 || sim.Calls(authtest.OpLogout) != 0 {
		t.Error("Calls differs from CallCounts")
	}
	sim.ResetCalls()
	if got := sim.CallCounts(); len(got) != 0 || sim.Calls(authtest.AnyOperation) != 0 {
		t.Errorf("after the reset %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sim.WaitForCalls(ctx, authtest.OpLogin, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("waited for a call: %v", err)
	}
}

func TestObserver(t *testing.T) {
	var seen []authtest.Call
	sim := authtest.New(ann(), authtest.WithObserver(func(c authtest.Call) { seen = append(seen, c) }))
	tok := token(t, sim, full, annPW)
	call(t, sim, search, ``, bearer(tok.Token))
	c := cookie(call(t, sim, login, annPW).sessionCookies(t))
	call(t, sim, logout, ``, c)
	sim.Fail(authtest.AnyOperation, 1, authtest.Reset())
	if _, err := send(t.Context(), t, sim, sim.Client(), "GET /x", ""); err == nil {
		t.Error("no error from a reset")
	}
	sim.Fail(authtest.AnyOperation, 1, authtest.Handle(silent))
	call(t, sim, "GET /y", "")
	var got []string
	for _, c := range seen {
		got = append(got, fmt.Sprintf("%s %s %s %s %d", c.Operation, c.Method, c.User, c.Auth, c.Status))
		if c.Began.IsZero() || c.Duration < 0 || c.Path == "" {
			t.Errorf("%+v", c)
		}
	}
	wanted := []string{
		"getFullAccessToken POST   200", "echo POST ann bearer 200", "login POST   204", "logout POST ann session 204",
		" GET   0", " GET   200",
	}
	if strings.Join(got, "\n") != strings.Join(wanted, "\n") {
		t.Errorf("seen\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
	if text := fmt.Sprintf("%+v", seen); strings.Contains(text, string(tok.Token)) || strings.Contains(text, c[1]) {
		t.Errorf("secrets in %s", text)
	}
}

func TestMistakesOfTheTestPanic(t *testing.T) {
	sim := authtest.New()
	for name, f := range map[string]func(){
		"Fail":          func() { sim.Fail("getToken", 1, authtest.Status(500)) },
		"Block":         func() { sim.Block("") },
		"Calls":         func() { sim.Calls("Login") },
		"SetPassword":   func() { sim.SetPassword("zoe", "pw") },
		"SetStatus":     func() { sim.SetStatus("zoe", "ACTIVE") },
		"RotateCookie":  func() { sim.RotateCookie("zoe") },
		"GroupID":       func() { sim.GroupID("g") },
		"Org key":       func() { sim.RotateOrgSecretKey(4, "k") },
		"user twice":    func() { authtest.New(ann(), ann()) },
		"no name":       func() { authtest.New(authtest.WithUser("", "pw")) },
		"no Org":        func() { authtest.New(ann(authtest.InOrgs())) },
		"unknown Org":   func() { authtest.New(ann(authtest.InOrgs(3))) },
		"unknown group": func() { authtest.New(ann(authtest.InGroups("g"))) },
		"Org twice":     func() { authtest.New(authtest.WithOrg(1, "a"), authtest.WithOrg(1, "b")) },
		"second 0":      func() { authtest.New(authtest.WithOrg(0, "a")) },
		"group twice":   func() { authtest.New(authtest.WithGroup("g"), authtest.WithGroup("g")) },
		"key of no Org": func() { authtest.New(authtest.WithOrgSecretKey(1, "k")) },
		"rejection":     func() { authtest.New(authtest.WithLoginRejection(200)) },
		"RevokeUser":    func() { sim.RevokeUser("zoe") },
		"AddUser":       func() { sim.AddUser(authtest.DefaultUsername, "") },
		"RemoveUser":    func() { sim.RemoveUser("zoe") },
		"AddOrg":        func() { sim.AddOrg(authtest.PrimaryOrg, "") },
		"RemoveOrg":     func() { sim.RemoveOrg(7) },
		"Primary Org":   func() { sim.RemoveOrg(authtest.PrimaryOrg) },
		"AddGroup":      func() { sim.AddGroup("") },
		"RemoveGroup":   func() { sim.RemoveGroup("g") },
		"burst":         func() { authtest.New(authtest.WithRateLimit(1, 0)) },
		"rate":          func() { sim.SetRateLimit(authtest.RateLimit{PerSecond: -1, Burst: 1}) },
		"method":        func() { sim.SetAnswer("get", "/x", authtest.Status(500)) },
		"path":          func() { sim.SetAnswer("GET", "x", authtest.Status(500)) },
		"own path":      func() { authtest.New(authtest.WithAnswer("GET", base+"auth/session/user", authtest.Status(500))) },
		"JSON":          func() { authtest.JSON(200, func() {}) },
		"OpenAPI":       func() { sim.SetOpenAPI([]byte("{")) },
		"no paths":      func() { authtest.New(authtest.WithOpenAPI([]byte("openapi: 3.0.3"))) },
		"ClientAt":      func() { sim.ClientAt("localhost") },
	} {
		func() {
			defer func() {
				if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "authtest: ") {
					t.Errorf("%s: %s", name, text)
				}
			}()
			f()
		}()
	}
}

// All methods are safe for concurrent use; the race detector is the judge.
func TestConcurrentUse(t *testing.T) {
	sim := authtest.New(ann(authtest.Privileges(authtest.PrivilegeAdministration)))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 15 {
				tok := token(t, sim, full, trusted(`,"auto_create":true,"display_name":"`+fmt.Sprint(i, j)+`"`))
				c := call(t, sim, login, `{}`, bearer(tok.Token))
				call(t, sim, search, ``, cookie(c.sessionCookies(t)))
				call(t, sim, whoami, ``, bearer(tok.Token))
				call(t, sim, custom, trusted(`,"persist_option":"APPEND","filter_rules":[{"column_name":"a","operator":"EQ","values":["1"]}]`))
				switch j % 5 {
				case 0:
					sim.RotateCookie("ann")
				case 1:
					sim.Advance(1)
					sim.AddUser(fmt.Sprint(i, j), "")
					sim.RevokeUser(fmt.Sprint(i, j))
					sim.SetAnswer("POST", base+"metadata/search", authtest.JSON(200, i))
					sim.SetRateLimit(authtest.RateLimit{PerSecond: 1e6, Burst: 1000})
					sim.SetLatency(1)
				case 2:
					sim.Users()
					sim.CallCounts()
					sim.Tokens()
					sim.Sessions()
					sim.Answers()
					sim.Groups()
				case 3:
					sim.Fail(authtest.OpLogout, 1, authtest.Status(500))
					sim.ClearFaults()
				case 4:
					call(t, sim, revoke, `{"token":"`+string(tok.Token)+`"}`, bearer(tok.Token))
				}
			}
		})
	}
	wg.Wait()
}

func silent(http.ResponseWriter, *http.Request) {}
