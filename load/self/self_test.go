package self

import (
	"crypto/sha256"
	"runtime"
	"testing"
)

// What the process uses is measured on every system that a release is built for: work
// shows in its processor time, and its memory is some.
func TestUsageOfThisProcessIsMeasured(t *testing.T) {
	switch runtime.GOOS {
	case "linux", "darwin", "freebsd", "windows":
	default:
		t.Skip("nothing is known on " + runtime.GOOS)
	}
	cpu, _ := process()
	sum := sha256.Sum256(nil)
	for range 1000 {
		for range 10_000 {
			sum = sha256.Sum256(sum[:])
		}
		if now, _ := process(); now > cpu {
			break
		}
	}
	now, rss := process()
	if now <= cpu {
		t.Errorf("ten million hashes took no processor time: %s before, %s after", cpu, now)
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "freebsd" {
		rss = Read().RSS // what the Go runtime knows stands in
	}
	if rss < 1<<20 {
		t.Errorf("resident memory is %d bytes", rss)
	}
}
