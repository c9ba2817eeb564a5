// Package storetest holds an [authflow.Store] to what it promises.
package storetest
