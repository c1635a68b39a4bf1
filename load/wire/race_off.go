//go:build linux && !race

package wire

// rawWrites says that requests are written past the Go runtime.
const rawWrites = true
