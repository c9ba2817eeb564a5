module github.com/go-thoughtspot/tsauth/tests/replicas

go 1.26.0

require (
	github.com/go-thoughtspot/tsauth v0.0.0
	github.com/go-thoughtspot/tsauth/authflow/redisstore v0.0.0
	github.com/redis/go-redis/v9 v9.23.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace (
	github.com/go-thoughtspot/tsauth => ../..
	github.com/go-thoughtspot/tsauth/authflow/redisstore => ../../authflow/redisstore
)
