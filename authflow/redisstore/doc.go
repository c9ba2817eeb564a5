// Package redisstore keeps tokens in Redis.
package redisstore
