//go:build linux && race

package wire

// rawWrites is off under the race detector, to which package syscall says that what
// happened before a write has happened for who reads it: without that, whatever a test
// does before its own server is asked would be a race.
const rawWrites = false
