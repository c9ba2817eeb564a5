package authtest

import "github.com/go-thoughtspot/tsauth/gen"

// The values of enums that change what the simulator does are listed here. A value
// that the spec gains is rejected until somebody teaches the simulator what it
// does; the linter exhaustive points here.

func checkPersistOption(option gen.PersistOption) error {
	switch option {
	case gen.PersistOptionAppend, gen.PersistOptionNone, gen.PersistOptionReplace, gen.PersistOptionReset:
		return nil
	}
	return notTaught("persist_option", option)
}

func checkOrgScope(scope *gen.TokenScopeInput) error {
	if scope == nil {
		return nil
	}
	switch scope.OrgScope {
	case gen.OrgScopeAllMemberOrgs, gen.OrgScopeSpecificOrgs:
		return nil
	}
	return notTaught("scope.org_scope", scope.OrgScope)
}

func checkAuthType(kind gen.AuthType) error {
	switch kind {
	case gen.AuthTypeTrustedAuth:
		return nil
	}
	return notTaught("auth_type", kind)
}

func checkAuthScope(scope gen.AuthScope) error {
	switch scope {
	case "", gen.AuthScopeCluster, gen.AuthScopeOrg:
		return nil
	}
	return notTaught("scope", scope)
}

func checkAuthStatus(field string, status gen.AuthStatus) error {
	switch status {
	case "", gen.AuthStatusDisabled, gen.AuthStatusEnabled:
		return nil
	}
	return notTaught(field, status)
}

func notTaught[T ~string](field string, value T) error {
	return badRequest("%s: the simulator does not know what %s does", field, value)
}
