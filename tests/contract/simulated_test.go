package contract_test

import (
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// The simulator has these in addition to the defaults of authtest. The principal,
// authtest.DefaultUsername, is an administrator in the Orgs 0 and sales.
const (
	sales      int32 = 1
	salesName        = "Sales"
	support    int32 = 2 // the principal is not in it
	supportKey       = "5b1cf3a3-0d4e-4a53-9a13-3a5f3f5be8c4"
	salesKey         = "9a3f8c1e-6d0b-4f0b-8f0a-6a54c1f0d9e2"

	// ann is a user without privileges, in the Orgs 0 and sales.
	ann         = "ann"
	annPassword = "Guest@123!"

	analysts = "Analyst"
	editors  = "Editor"

	anObject = "fa68ae91-7588-4136-bacd-d71fb12dda69"
)

// simulated is a simulator on a loopback TLS socket, new for each spec.
type simulated struct{ *authtest.Server }

// newSimulated starts a simulator, with options in addition to those that all specs have.
func newSimulated(more ...authtest.Option) simulated {
	return simulated{authtest.NewTLSServer(append(more,
		authtest.WithOrg(sales, salesName), authtest.WithOrg(support, "Support"),
		authtest.WithOrgSecretKey(sales, salesKey), authtest.WithOrgSecretKey(support, supportKey),
		authtest.WithGroup(analysts, "DATADOWNLOADING"), authtest.WithGroup(editors, "AUTHORING"),
		authtest.WithUser(authtest.DefaultUsername, authtest.DefaultPassword,
			authtest.Privileges(authtest.PrivilegeAdministration), authtest.InOrgs(0, sales)),
		authtest.WithUser(ann, annPassword, authtest.InOrgs(0, sales), authtest.InGroups(analysts),
			authtest.DisplayName("Ann"), authtest.Email("ann@example.com")),
	)...)}
}

func (s simulated) url() string                    { return s.URL }
func (s simulated) transport() http.RoundTripper   { return s.Client().Transport }
func (s simulated) simulator() *authtest.Simulator { return s.Simulator }
func (simulated) allows(string) bool               { return true }
func (s simulated) close()                         { s.Close() }

func (simulated) principal() principal {
	return principal{authtest.DefaultUsername, authtest.DefaultPassword, authtest.DefaultSecretKey, anObject}
}
