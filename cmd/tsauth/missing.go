package main

import (
	"errors"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// missingHint returns what a person can do about a setting that is missing. The text of
// package config is about variables and profiles, because a program may have no flags.
func missingHint(err error) string {
	var missing *config.MissingError
	if !errors.As(err, &missing) {
		return ""
	}
	flag := map[string]string{"host": "--host", "username": "--username", "password": "--password-stdin"}[missing.Setting]
	return "; run tsauth init once, which writes a profile, or give " + flag
}
