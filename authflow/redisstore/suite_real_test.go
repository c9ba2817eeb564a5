//go:build unix

package redisstore_test

import (
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

func TestStore_OnARealServer_PassesTheSuite(t *testing.T) {
	client := serverOf(t).client()
	storetest.Run(t, func(t *testing.T) authflow.Store {
		return storeOn(t, client)
	})
}
