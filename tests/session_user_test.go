package tests_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

var _ = Describe("Asking who is logged in", func() {
	// Section "View session information".

	It("sends the example with the token of a Flow", func(ctx SpecContext) {
		c := inProcess(authtest.WithUser("tsUserZ", "", authtest.Email("tsuserz@example.com"), authtest.Privileges("AUTHORING")))
		flow := made(c.authflow().FullAccess(gen.GetFullAccessTokenRequest{
			Username: "tsUserZ", SecretKey: authtest.DefaultSecretKey,
		}))

		result, err := c.apiWith(flow).GetCurrentUserInfoWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())

		sent := c.wire.last()
		c.expectExample(sent, http.MethodGet, pathUser, "")
		token, err := flow.Token(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(sent.Header.Values("Authorization")).To(HaveExactElements("Bearer " + string(token.Value)))

		Expect(result.StatusCode()).To(Equal(http.StatusOK))
		Expect(result.JSON200.Name).To(Equal("tsUserZ"))
		Expect(result.JSON200.ID).To(Equal(token.UserID))
		Expect(result.JSON200.Email).To(Equal("tsuserz@example.com"))
		Expect(result.JSON200.Privileges).To(HaveExactElements("AUTHORING"))
		Expect(result.JSON200.AccountStatus).To(Equal(gen.AccountStatusActive))
	})

	It("sends the example by Flow.API, with the headers of an auth call", func(ctx SpecContext) {
		c := overTLS()
		result, err := c.session().API().GetCurrentUserInfoWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.JSON200.Name).To(Equal(authtest.DefaultUsername))
		c.expectExample(c.wire.last(), http.MethodGet, pathUser, "")
		expectIdentified(c.wire.last())
	})

	It("is rejected without a credential", func(ctx SpecContext) {
		result, err := inProcess().api().GetCurrentUserInfoWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.StatusCode()).To(Equal(http.StatusUnauthorized))
		Expect(result.JSON401).NotTo(BeNil())
	})

	It("reads the example response of the document", func(ctx SpecContext) {
		c := inProcess()
		c.answering(authtest.OpGetCurrentUserInfo, exampleUser)
		result, err := c.api().GetCurrentUserInfoWithResponse(ctx)
		Expect(err).NotTo(HaveOccurred())

		Expect(result.JSON200).To(HaveValue(Equal(gen.User{
			ID: "658a4b35-d021-4009-bf16-c66504dee6a4", Name: "tsUserZ", DisplayName: "tsUserZ",
			Visibility: gen.VisibilitySharable, AuthorID: "59481331-ee53-42be-a548-bd87be6ddd4a",
			CanChangePassword: true, CompleteDetail: true, CreationTimeInMillis: 1675163378622,
			CurrentOrg:  &gen.Org{ID: 0, Name: "Primary"},
			AccountType: gen.AccountTypeRemoteUser, AccountStatus: gen.AccountStatusActive,
			Email: "tsuserz@example.com", ExpirationTimeInMillis: 1675171235,
			FavoriteMetadata: []gen.FavoriteMetadata{}, FirstLoginTimeInMillis: 1675170739789, GroupMask: 4,
			IncompleteDetails: []any{}, ModificationTimeInMillis: 1675170835628,
			ModifierID: "59481331-ee53-42be-a548-bd87be6ddd4a", NotifyOnShare: true,
			Orgs:    []gen.Org{{ID: 0, Name: "Primary"}},
			OwnerID: "658a4b35-d021-4009-bf16-c66504dee6a4", ParentType: "USER",
			Privileges:               []string{"AUTHORING", "USERDATAUPLOADING", "DATADOWNLOADING", "DEVELOPER"},
			ShowOnboardingExperience: true, Tags: []gen.NamedRef{},
			TenantID: "982d6da9-9cd1-479e-b9a6-35aa05f9282a",
			UserGroups: []gen.NamedRef{
				{ID: "0b531ff7-2a5e-45ee-a954-43fbd25c4c92", Name: "DATAMANAGEMENT"},
				{ID: "4fa3f1ca-337a-4fb3-9e7c-dc85da8e6b8e", Name: "A3ANALYSIS"},
				{ID: "ed7435bc-cab4-40c2-ab2e-87e517eb3640", Name: "Developer"},
				{ID: "1cf05016-988c-422a-aae6-bf0ac9f106b7", Name: "USERDATAUPLOADING"},
			},
			UserInheritedGroups: []gen.NamedRef{
				{ID: "ed7435bc-cab4-40c2-ab2e-87e517eb3640", Name: "Developer"},
				{ID: "1cf05016-988c-422a-aae6-bf0ac9f106b7", Name: "USERDATAUPLOADING"},
				{ID: "4fa3f1ca-337a-4fb3-9e7c-dc85da8e6b8e", Name: "A3ANALYSIS"},
				{ID: "0b531ff7-2a5e-45ee-a954-43fbd25c4c92", Name: "DATAMANAGEMENT"},
			},
		})))
	})
})

const exampleUser = `{
	"id": "658a4b35-d021-4009-bf16-c66504dee6a4",
	"name": "tsUserZ",
	"display_name": "tsUserZ",
	"visibility": "SHARABLE",
	"author_id": "59481331-ee53-42be-a548-bd87be6ddd4a",
	"can_change_password": true,
	"complete_detail": true,
	"creation_time_in_millis": 1675163378622,
	"current_org": {"id": 0, "name": "Primary"},
	"deleted": false,
	"deprecated": false,
	"account_type": "REMOTE_USER",
	"account_status": "ACTIVE",
	"email": "tsuserz@example.com",
	"expiration_time_in_millis": 1675171235,
	"external": false,
	"favorite_metadata": [],
	"first_login_time_in_millis": 1675170739789,
	"group_mask": 4,
	"hidden": false,
	"home_liveboard": null,
	"incomplete_details": [],
	"is_first_login": false,
	"modification_time_in_millis": 1675170835628,
	"modifier_id": "59481331-ee53-42be-a548-bd87be6ddd4a",
	"notify_on_share": true,
	"onboarding_experience_completed": false,
	"orgs": [{"id": 0, "name": "Primary"}],
	"owner_id": "658a4b35-d021-4009-bf16-c66504dee6a4",
	"parent_type": "USER",
	"privileges": ["AUTHORING", "USERDATAUPLOADING", "DATADOWNLOADING", "DEVELOPER"],
	"show_onboarding_experience": true,
	"super_user": false,
	"system_user": false,
	"tags": [],
	"tenant_id": "982d6da9-9cd1-479e-b9a6-35aa05f9282a",
	"user_groups": [
		{"id": "0b531ff7-2a5e-45ee-a954-43fbd25c4c92", "name": "DATAMANAGEMENT"},
		{"id": "4fa3f1ca-337a-4fb3-9e7c-dc85da8e6b8e", "name": "A3ANALYSIS"},
		{"id": "ed7435bc-cab4-40c2-ab2e-87e517eb3640", "name": "Developer"},
		{"id": "1cf05016-988c-422a-aae6-bf0ac9f106b7", "name": "USERDATAUPLOADING"}
	],
	"user_inherited_groups": [
		{"id": "ed7435bc-cab4-40c2-ab2e-87e517eb3640", "name": "Developer"},
		{"id": "1cf05016-988c-422a-aae6-bf0ac9f106b7", "name": "USERDATAUPLOADING"},
		{"id": "4fa3f1ca-337a-4fb3-9e7c-dc85da8e6b8e", "name": "A3ANALYSIS"},
		{"id": "0b531ff7-2a5e-45ee-a954-43fbd25c4c92", "name": "DATAMANAGEMENT"}
	],
	"welcome_email_sent": false
}`
