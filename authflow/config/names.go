package config

import (
	"slices"
	"strings"
)

// The settings that are not secrets.
const (
	host     = "host"
	username = "username"
	org      = "org"
	caFile   = "ca_file"
	validity = "validity"
)

// The kinds of secrets. The names of settings that say where to find a secret end in
// fromFile and fromCommand.
const (
	password  = "password"
	secretKey = "secret_key"
	token     = "token"

	fromFile    = "_file"
	fromCommand = "_command"
)

// plainSettings returns the names of the settings that are not secrets.
func plainSettings() []string { return []string{host, username, org, caFile, validity} }

// secretKinds returns the kinds of secrets.
func secretKinds() []string { return []string{password, secretKey, token} }

// secretSettings returns the names of the settings that give a secret.
func secretSettings() []string {
	var names []string
	for _, kind := range secretKinds() {
		names = append(names, kind, kind+fromFile, kind+fromCommand)
	}
	return names
}

// profileKeys returns the names of the settings that a profile may have. A token lives
// for minutes or hours, so a profile does not hold one.
func profileKeys() []string {
	names := append(plainSettings(), secretSettings()...)
	return slices.DeleteFunc(names, func(name string) bool { return name == token })
}

// kindOf returns the kind of the secret that a setting gives.
func kindOf(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, fromFile), fromCommand)
}

// variable returns the environment's name of a setting.
func variable(name string) string { return variablePrefix + strings.ToUpper(name) }

const variablePrefix = "THOUGHTSPOT_"

// lookAlikes returns the variables that are taken for one of ours, without the prefix,
// and the setting that is meant. Kubernetes sets THOUGHTSPOT_PORT, THOUGHTSPOT_SERVICE_HOST
// and others beside a service of that name, so the list holds no such name.
func lookAlikes() map[string]string {
	return map[string]string{
		"URL": host, "ADDRESS": host, "SERVER": host, "BASE_URL": host, "ENDPOINT": host, "CLUSTER": host, "HOSTNAME": host,
		"USER": username, "USER_NAME": username, "LOGIN": username,
		"ORG_ID": org, "ORGID": org, "ORG_NAME": org,
		"PASS": password, "PASSWD": password, "PWD": password,
		"KEY": secretKey, "SECRET": secretKey, "SECRETKEY": secretKey, "API_KEY": secretKey, "TRUSTED_AUTH_KEY": secretKey,
		"BEARER_TOKEN": token, "ACCESS_TOKEN": token, "API_TOKEN": token, "AUTH_TOKEN": token,
		"CA": caFile, "CA_CERT": caFile, "CA_BUNDLE": caFile,
		"VALIDITY_TIME": validity, "TOKEN_VALIDITY": validity,
	}
}
