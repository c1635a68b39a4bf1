// Package red has tests that never pass.
package red
