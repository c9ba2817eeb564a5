package authtest_test

import (
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// The rest of the settings is in tests/contract.
func TestSettingsAreForTwoPrivileges(t *testing.T) {
	const auth = `{"auth_type":"TRUSTED_AUTH"}`
	for privilege, status := range map[string]int{
		authtest.PrivilegeAdministration: 200, authtest.PrivilegeControlTrustedAuth: 200, "DATADOWNLOADING": 403,
	} {
		sim := authtest.New(ann(authtest.Privileges(privilege)))
		tok := token(t, sim, full, trusted(""))
		want(t, call(t, sim, "POST "+base+"auth/search", auth, bearer(tok.Token)), status)
		want(t, call(t, sim, "POST "+base+"auth/configure", auth, bearer(tok.Token)), map[int]int{200: 204, 403: 403}[status])
		obj := token(t, sim, object, trusted(`,"object_id":"o-1"`))
		want(t, call(t, sim, "POST "+base+"auth/search", auth, bearer(obj.Token)), 403)
	}
}
