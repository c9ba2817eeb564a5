package config

import (
	"errors"
	"sync"
)

// Commands are the commands that print secrets, as long as they run. A program that a
// signal ends calls Close before it exits: otherwise a command outlives the program,
// because an acquisition goes on when the context of its caller has ended. The zero value
// is ready for use, and all methods are safe for concurrent use.
type Commands struct {
	mu       sync.Mutex
	isClosed bool
	last     int
	ends     map[int]func() // ends one command each
	running  sync.WaitGroup
}

var errCommandsClosed = errors.New("the program is ending")

// Close ends the commands that are running, with their process groups, and returns when
// they have ended. No command is started after it.
func (c *Commands) Close() {
	c.mu.Lock()
	c.isClosed = true
	for _, end := range c.ends {
		end()
	}
	c.mu.Unlock()
	c.running.Wait()
}

// begin takes note of a command that is about to start. done says that it has ended.
func (c *Commands) begin(end func()) (done func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isClosed {
		return nil, errCommandsClosed
	}
	c.running.Add(1)
	c.last++
	id := c.last
	if c.ends == nil {
		c.ends = make(map[int]func())
	}
	c.ends[id] = end
	return func() {
		c.mu.Lock()
		delete(c.ends, id)
		c.mu.Unlock()
		c.running.Done()
	}, nil
}
