//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Three masters, and a replica: a client that would read from replicas reads tokens
// from masters.
func TestK1_RealCluster_ReadsFromMasters(t *testing.T) {
	var nodes []*server
	for range 4 {
		nodes = append(nodes, serverOf(t, "cluster-enabled yes", "cluster-port BUS", "cluster-node-timeout 5000", "repl-ping-replica-period 1", userInDoc(t, "Cluster's")))
	}
	replica := nodes[3]
	do := func(s *server, args ...any) {
		t.Helper()
		if err := s.client().Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range nodes {
		do(s, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		if s != replica {
			do(s, "CLUSTER", "ADDSLOTSRANGE", 16384*i/3, 16384*(i+1)/3-1)
		}
	}
	for _, s := range nodes[1:] {
		do(s, "CLUSTER", "MEET", "127.0.0.1", nodes[0].port, nodes[0].port-10000)
	}
	for _, s := range nodes {
		c := s.client()
		eventually(t, 20*time.Second, "the cluster is whole", func() bool {
			info, _ := c.ClusterInfo(t.Context()).Result()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:4") && strings.Contains(info, "cluster_size:3")
		})
	}
	id, err := nodes[0].client().Do(t.Context(), "CLUSTER", "MYID").Text()
	if err != nil {
		t.Fatal(err)
	}
	do(replica, "CLUSTER", "REPLICATE", id)
	follows(t, replica)
	for _, s := range nodes {
		c := s.client()
		eventually(t, 20*time.Second, "clients know of the replica", func() bool {
			slots, _ := c.Do(t.Context(), "CLUSTER", "SLOTS").Slice()
			return strings.Contains(fmt.Sprint(slots), strconv.Itoa(replica.port))
		})
	}
	var addrs []string
	for _, s := range nodes {
		addrs = append(addrs, s.addr())
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: addrs, Username: "tsauth", Password: "the-password", ContextTimeoutEnabled: true, ReadOnly: true, RouteRandomly: true,
	})
	t.Cleanup(func() { _ = client.Close() })
	s := storeOn(t, client)
	tour(t, s)

	reads := func() (n int) { // from the replica, since the last call
		t.Helper()
		info, err := replica.client().Info(t.Context(), "commandstats").Result()
		if err != nil {
			t.Fatal(err)
		}
		do(replica, "CONFIG", "RESETSTAT")
		return strings.Count(info, "cmdstat_get:") + strings.Count(info, "cmdstat_eval")
	}
	reads()
	for i := range 30 {
		name := fmt.Sprintf("name-%d", i)
		if err := s.Save(t.Context(), name, []byte(name), time.Minute); err != nil {
			t.Error(err)
		}
		if got, _, err := s.Load(t.Context(), name); err != nil || string(got) != name {
			t.Errorf("%q, %v", got, err)
		}
	}
	if reads() > 0 {
		t.Error("a replica was read from")
	}
	for i := range 30 {
		_ = client.Get(t.Context(), fmt.Sprintf("tsauth:{name-%d}:token", i)).Err()
	}
	if reads() == 0 {
		t.Error("this client does not read from replicas, so the test shows nothing")
	}
	for _, node := range nodes[:3] {
		if n, err := node.client().DBSize(t.Context()).Result(); err != nil || n == 0 {
			t.Errorf("%d keys on a node, %v", n, err)
		}
	}
}

// After a failover the store goes on by itself, and a token that had reached the
// replica is still there.
func TestK2_RealSentinel_SurvivesAFailover(t *testing.T) {
	master := serverOf(t)
	replica := serverOf(t, fmt.Sprintf("replicaof 127.0.0.1 %d", master.port), "repl-diskless-sync-delay 0")
	follows(t, replica)
	sentinel := serverOf(t, fmt.Sprintf("sentinel monitor main 127.0.0.1 %d 1", master.port),
		"sentinel down-after-milliseconds main 500", "sentinel failover-timeout main 3000")
	asked := redis.NewSentinelClient(&redis.Options{Addr: sentinel.addr()})
	t.Cleanup(func() { _ = asked.Close() })
	eventually(t, 20*time.Second, "the sentinel knows the replica", func() bool {
		found, _ := asked.Replicas(t.Context(), "main").Result()
		return len(found) == 1
	})
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "main", SentinelAddrs: []string{sentinel.addr()}, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = client.Close() })
	s := storeOn(t, client)
	tour(t, s)
	save(t, s, value, time.Minute)
	if n, err := client.Wait(t.Context(), 1, 5*time.Second).Result(); n != 1 || err != nil {
		t.Fatalf("%d replicas have it, %v", n, err)
	}
	master.kill()
	began := time.Now()
	eventually(t, 30*time.Second, "the store works again", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		got, left, err := s.Load(ctx, name)
		if errors.Is(err, authflow.ErrNotStored) || err == nil && (string(got) != value || left > time.Minute) {
			t.Fatalf("%q, %v, %v", got, left, err)
		}
		return err == nil
	})
	t.Logf("works again after %v", time.Since(began).Round(10*time.Millisecond))
	eventually(t, 30*time.Second, "the store can be written", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return s.Save(ctx, name, []byte(value), time.Minute) == nil
	})
	if err := s.Delete(t.Context(), name, []byte(value)); err != nil {
		t.Fatal(err)
	}
	tour(t, s)
}

// follows waits until a server has what its master has.
func follows(t *testing.T, replica *server) {
	t.Helper()
	c := replica.client()
	eventually(t, 20*time.Second, "the replica follows", func() bool {
		info, _ := c.Info(t.Context(), "replication").Result()
		return strings.Contains(info, "master_link_status:up")
	})
}
