package load

import (
	"cmp"
	"slices"
	"strconv"
	"sync"

	"github.com/unigate/unigate/internal/record"
)

const (
	// maxSamples is how many samples of each kind of wrong reply are kept.
	maxSamples = 3
	// maxKinds bounds the kinds that are told apart.
	maxKinds = 100
	// maxSampleText bounds a sample, in bytes.
	maxSampleText = 400
	// maxSampleBody bounds what of a body is looked at for a sample, in bytes.
	maxSampleBody = 16 << 10
)

// ledger counts wrong replies by kind and keeps samples. It is safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	entries map[[2]string]*record.Bad
}

// add counts one wrong reply; sample is called only if one more is wanted.
func (l *ledger) add(service, kind string, sample func() string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries == nil {
		l.entries = map[[2]string]*record.Bad{}
	}
	key := [2]string{service, kind}
	b, ok := l.entries[key]
	if !ok {
		if len(l.entries) >= maxKinds {
			key[1] = "other"
			if b = l.entries[key]; b == nil {
				b = &record.Bad{Kind: "other", Service: service, Samples: []string{}}
				l.entries[key] = b
			}
		} else {
			b = &record.Bad{Kind: kind, Service: service, Samples: []string{}}
			l.entries[key] = b
		}
	}
	b.Count++
	if len(b.Samples) < maxSamples {
		if s := sample(); !slices.Contains(b.Samples, s) {
			b.Samples = append(b.Samples, s)
		}
	}
}

// list returns the kinds, the most frequent first.
func (l *ledger) list() []record.Bad {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]record.Bad, 0, len(l.entries))
	for _, b := range l.entries {
		out = append(out, *b)
	}
	slices.SortFunc(out, func(a, b record.Bad) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Service, b.Service))
	})
	return out
}

// printable shortens text of a server and makes it safe to print.
func printable(s string) string {
	if len(s) > maxSampleText {
		s = s[:maxSampleText] + "…"
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}
