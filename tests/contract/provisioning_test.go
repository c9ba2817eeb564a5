package contract_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// newcomer is a request for a token that makes a user, in the words of both kinds of
// requests.
type newcomer struct {
	username, email, displayName string
	autoCreate                   *bool
	groups                       []string
	password, secretKey          gen.Secret
	org                          *int32
}

// provisioning requests a full or an object access token.
type provisioning func(context.Context, *cluster, newcomer) answered

func provisioningFull(ctx context.Context, c *cluster, n newcomer) answered {
	GinkgoHelper()
	return sent(c.api.GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{
		Username: n.username, Email: n.email, DisplayName: n.displayName, AutoCreate: n.autoCreate,
		GroupIdentifiers: n.groups, Password: n.password, SecretKey: n.secretKey, OrgID: n.org,
	}))
}

func provisioningObject(ctx context.Context, c *cluster, n newcomer) answered {
	GinkgoHelper()
	return sent(c.api.GetObjectAccessTokenWithResponse(ctx, gen.GetObjectAccessTokenRequest{
		Username: n.username, Email: n.email, DisplayName: n.displayName, AutoCreate: n.autoCreate,
		GroupIdentifiers: n.groups, Password: n.password, SecretKey: n.secretKey, OrgID: n.org, ObjectID: c.objectID,
	}))
}

var _ = Describe("Just-in-time provisioning", func() {
	for _, kind := range []struct {
		name string
		ask  provisioning
	}{{"full", provisioningFull}, {"object", provisioningObject}} {
		ask := kind.ask
		Context("with a token for "+kind.name+" access", func() {
			It("makes the user who does not exist, with name, e-mail, groups and the Org of the token", func(ctx SpecContext) {
				c := reach(needsControls)
				Expect(ask(ctx, c, newcomer{
					username: "zoe", email: "zoe@example.com", displayName: "Zoe", autoCreate: ptr(true),
					groups: []string{analysts, c.simulator().GroupID(editors)}, secretKey: c.secretKey, org: ptr(sales),
				})).To(beAnswered(http.StatusOK))
				zoe := c.user("zoe")
				Expect(zoe).To(And(HaveField("Email", "zoe@example.com"), HaveField("DisplayName", "Zoe"),
					HaveField("Type", gen.AccountTypeRemoteUser), HaveField("Status", gen.AccountStatusActive)))
				Expect(zoe.Groups).To(ConsistOf(analysts, editors))
				Expect(zoe.Privileges).To(ConsistOf("AUTHORING", "DATADOWNLOADING"))
				Expect(zoe.Orgs).To(ConsistOf(gen.Org{ID: sales, Name: salesName}))
			})

			It("makes nobody unless auto_create says so", func(ctx SpecContext) {
				c := reach(needsKey)
				for _, autoCreate := range []*bool{nil, ptr(false)} {
					Expect(ask(ctx, c, newcomer{username: unknownUser(), autoCreate: autoCreate, secretKey: c.secretKey})).
						To(beAnswered(http.StatusBadRequest))
				}
			})

			It("updates name, e-mail and groups of a user who exists", func(ctx SpecContext) {
				c := reach(needsControls)
				Expect(ask(ctx, c, newcomer{
					username: ann, email: "new@example.com", displayName: "New", autoCreate: ptr(true),
					groups: []string{editors}, secretKey: c.secretKey,
				})).To(beAnswered(http.StatusOK))
				Expect(c.user(ann)).To(And(HaveField("Email", "new@example.com"), HaveField("DisplayName", "New"),
					HaveField("Groups", []string{editors}), HaveField("Type", gen.AccountTypeLocalUser)))
			})

			It("does so again each time a token is made", func(ctx SpecContext) {
				c := reach(needsControls)
				request := newcomer{username: ann, displayName: "New", autoCreate: ptr(true), secretKey: c.secretKey}
				Expect(ask(ctx, c, request)).To(beAnswered(http.StatusOK))
				Expect(ask(ctx, c, newcomer{username: ann, displayName: "Newer", autoCreate: ptr(true), secretKey: c.secretKey})).
					To(beAnswered(http.StatusOK))
				Expect(ask(ctx, c, request)).To(beAnswered(http.StatusOK))
				Expect(c.user(ann).DisplayName).To(Equal("New"))
			})

			It("changes nothing of a user who exists without auto_create", func(ctx SpecContext) {
				c := reach(needsControls)
				before := c.user(ann)
				Expect(ask(ctx, c, newcomer{
					username: ann, email: "new@example.com", displayName: "New", groups: []string{editors}, secretKey: c.secretKey,
				})).To(beAnswered(http.StatusOK))
				Expect(c.user(ann)).To(Equal(before))
			})

			It("leaves the groups without a list, and takes them away with an empty one", func(ctx SpecContext) {
				c := reach(needsControls)
				Expect(ask(ctx, c, newcomer{username: ann, autoCreate: ptr(true), secretKey: c.secretKey})).To(beAnswered(http.StatusOK))
				Expect(c.user(ann).Groups).To(ConsistOf(analysts))
				Expect(ask(ctx, c, newcomer{username: ann, autoCreate: ptr(true), groups: []string{}, secretKey: c.secretKey})).
					To(beAnswered(http.StatusOK))
				Expect(c.user(ann).Groups).To(BeEmpty())
			})

			It("needs the secret key: a password does not do", func(ctx SpecContext) {
				c := reach(needsPassword)
				Expect(ask(ctx, c, newcomer{username: c.username, autoCreate: ptr(true), password: c.password})).
					To(beAnswered(http.StatusBadRequest))
			})

			It("makes the groups that do not exist", func(ctx SpecContext) {
				c := reach(needsControls)
				Expect(ask(ctx, c, newcomer{username: "zoe", autoCreate: ptr(true), groups: []string{"new"}, secretKey: c.secretKey})).
					To(beAnswered(http.StatusOK))
				Expect(c.user("zoe").Groups).To(ConsistOf("new"))
				Expect(c.simulator().GroupID("new")).NotTo(BeEmpty())
			})

			It("makes nobody for a wrong secret key or an unknown Org", func(ctx SpecContext) {
				c := reach(needsControls)
				Expect(ask(ctx, c, newcomer{username: "zoe", autoCreate: ptr(true), secretKey: "wrong"})).
					To(beAnswered(http.StatusUnauthorized))
				Expect(ask(ctx, c, newcomer{username: "zoe", autoCreate: ptr(true), org: ptr[int32](99), secretKey: c.secretKey})).
					To(beAnswered(http.StatusBadRequest))
				_, exists := c.simulator().User("zoe")
				Expect(exists).To(BeFalse())
			})
		})
	}

	It("gives the new user no password", func(ctx SpecContext) {
		c := reach(needsControls)
		Expect(provisioningFull(ctx, c, newcomer{username: "zoe", autoCreate: ptr(true), secretKey: c.secretKey})).To(beAnswered(http.StatusOK))
		Expect(sent(c.api.LoginWithResponse(ctx, gen.LoginRequest{Username: "zoe", Password: "any"}))).To(beAnswered(http.StatusUnauthorized))
	})

	It("makes a user whom the token then is for", func(ctx SpecContext) {
		c := reach(needsKey, mayProvision)
		name := unknownUser()
		token := granted(sent(c.api.GetFullAccessTokenWithResponse(ctx, gen.GetFullAccessTokenRequest{
			Username: name, SecretKey: c.secretKey, AutoCreate: ptr(true), DisplayName: "Contract", Email: "contract@example.com",
		})).JSON200)
		Expect(token.ValidForUsername).To(Equal(name))
		who := granted(c.who(ctx, bearer(token.Token)).JSON200)
		Expect(who).To(And(HaveField("Name", name), HaveField("DisplayName", "Contract"), HaveField("Email", "contract@example.com")))
		Expect(who.ID).To(Equal(token.ValidForUserID))
	})

	Context("with a token for custom access", func() {
		It("makes the user who does not exist unless auto_create is false", func(ctx SpecContext) {
			c := reach(needsKey, mayProvision)
			for _, autoCreate := range []*bool{nil, ptr(true)} {
				request := c.asCustom()
				request.Username, request.AutoCreate = unknownUser(), autoCreate
				token := granted(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request)).JSON200)
				Expect(token.User.Name).To(Equal(request.Username))
			}
			request := c.asCustom()
			request.Username, request.AutoCreate = unknownUser(), ptr(false)
			Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))).To(beAnswered(http.StatusBadRequest))
		})

		It("gives a new user name, e-mail, groups and the Org of the token", func(ctx SpecContext) {
			c := reach(needsControls)
			request := c.asCustom()
			request.Username, request.AutoCreate, request.OrgIdentifier = "zoe", nil, salesName
			request.Email, request.DisplayName = "zoe@example.com", "Zoe"
			request.Groups = []gen.GroupIdentifier{{Identifier: analysts}, {Identifier: c.simulator().GroupID(editors)}}
			Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))).To(beAnswered(http.StatusOK))
			zoe := c.user("zoe")
			Expect(zoe).To(And(HaveField("Email", "zoe@example.com"), HaveField("DisplayName", "Zoe")))
			Expect(zoe.Groups).To(ConsistOf(analysts, editors))
			Expect(zoe.Orgs).To(ConsistOf(gen.Org{ID: sales, Name: salesName}))
		})

		It("does not change a user who exists, auto_create or not", func(ctx SpecContext) {
			c := reach(needsControls)
			before := c.user(ann)
			for _, autoCreate := range []*bool{nil, ptr(true), ptr(false)} {
				request := c.asCustom()
				request.Username, request.AutoCreate, request.DisplayName = ann, autoCreate, "New"
				request.Email, request.Groups = "new@example.com", []gen.GroupIdentifier{{Identifier: editors}}
				Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))).To(beAnswered(http.StatusOK))
			}
			Expect(c.user(ann)).To(Equal(before))
		})

		It("needs the secret key: a password makes nobody", func(ctx SpecContext) {
			c := reach(needsControls)
			request := gen.GetCustomAccessTokenRequest{Username: "zoe", Password: "any", PersistOption: gen.PersistOptionNone}
			Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))).To(beAnswered(http.StatusUnauthorized))
			request.Username, request.Password, request.AutoCreate = authtest.DefaultUsername, authtest.DefaultPassword, ptr(true)
			Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))).To(beAnswered(http.StatusBadRequest))
			request.AutoCreate = nil
			Expect(sent(c.api.GetCustomAccessTokenWithResponse(ctx, request))).To(beAnswered(http.StatusOK), "who exists and needs no making")
		})
	})
})
