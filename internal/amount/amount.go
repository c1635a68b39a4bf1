// Package amount says how many of something there are.
package amount

import "strconv"

// Of is a number with the words for one thing, or for none or several of them.
func Of[N int | int64 | uint32 | uint64](n N, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(int64(n), 10) + " " + several // #nosec G115 -- a count of what was seen
}
