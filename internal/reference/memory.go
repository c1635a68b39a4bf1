package reference

import "sync"

// memoryLimit is how many tokens a service remembers where a fault makes it do so.
const memoryLimit = 4096

// memory holds the tokens issued last; older ones fall out.
type memory struct {
	mu     sync.Mutex
	grants map[string]grant
	ring   []string
	next   int
}

func newMemory(limit int) *memory {
	return &memory{grants: map[string]grant{}, ring: make([]string, limit)}
}

// add remembers a token and forgets the oldest where there are too many.
func (m *memory) add(token string, g grant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.grants[token]; !known {
		delete(m.grants, m.ring[m.next])
		m.ring[m.next] = token
		m.next = (m.next + 1) % len(m.ring)
	}
	m.grants[token] = g
}

// get finds a token.
func (m *memory) get(token string) (grant, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g, ok := m.grants[token]
	return g, ok
}

// find returns any token's grant for which f says yes.
func (m *memory) find(f func(token string) bool) (grant, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for token, g := range m.grants {
		if f(token) {
			return g, true
		}
	}
	return grant{}, false
}
