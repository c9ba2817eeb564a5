package authflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The server names the user in each of its errors. While it is down for everybody, or
// rejects the key, most callers are told what other calls met. They learn nothing of
// other users from that.
func TestX3_ErrorsOfOthers_AreNotInYours(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]int{"403": 403, "503": 503}, func(t *testing.T, status int) {
		sim := authtest.New(people(60)...)
		sim.Fail(authtest.AnyOperation, -1, authtest.Handle(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			var req struct{ Username string }
			_ = json.Unmarshal(body, &req)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"error":{"message":{"code":10023,"incident_id_guid":"<%s>","trace_id_guid":"<%[1]s>","debug":"account of <%[1]s>"}}}`, req.Username)
		}))
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := everyWay(t, c, 60)
		ops := []string{"login", "getFullAccessToken", "getObjectAccessToken", "getCustomAccessToken"}
		for range 3 {
			var ownWords atomic.Int64
			allAtOnce(flows, func(i int, f *authflow.Flow) {
				_, err := carried(t.Context(), f)
				var e *authflow.Error
				if !errors.As(err, &e) || e.Op != ops[i%4] || e.Status != status {
					t.Errorf("user %d: %v", i, err)
					return
				}
				own := fmt.Sprintf("<user-%d>", i)
				if strings.Contains(err.Error(), own) {
					ownWords.Add(1)
				}
				told := err.Error() + e.Debug + e.IncidentID + e.TraceID
				if strings.Contains(strings.ReplaceAll(told, own, ""), "<user-") {
					t.Errorf("user %d: told what another user met: %v", i, err)
				}
			})
			if n := ownWords.Load(); n == 0 || n == 60 {
				t.Errorf("%d callers were told what they met themselves", n)
			}
			time.Sleep(time.Second) // fake clock
		}
		for _, f := range flows {
			_ = f.Close()
		}
	})
}

// A password of digits that the server repeats as the number of the failure is not
// shown, and neither are characters that change the direction of a text.
func TestX3_PasswordOfDigits_IsNotShownAsACode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		sim.Fail(authtest.OpLogin, -1, authtest.Answer(401, "application/json", `{"error":{"message":{"code":73917391,"debug":"gnp\u202efdp"}}}`))
		f, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: "ann", Password: "73917391"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = get(t.Context(), f)
		var e *authflow.Error
		if !errors.As(err, &e) || e.Code != 0 || strings.Contains(err.Error(), "73917391") || strings.Contains(err.Error(), "\u202e") {
			t.Errorf("%q", err)
		}
	})
}
