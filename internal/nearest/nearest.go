// Package nearest finds the word that was meant.
package nearest

// Word returns the candidate with the smallest edit distance to word, or "" for
// no candidates.
func Word(word string, candidates []string) string {
	best, bestDistance := "", -1
	for _, c := range candidates {
		if d := distance(word, c); bestDistance < 0 || d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// Close is like Word but returns "" where even the best candidate differs from
// word in more than half of its letters.
func Close(word string, candidates []string) string {
	best := Word(word, candidates)
	if best == "" || distance(word, best) > max(len(word), len(best))/2 {
		return ""
	}
	return best
}

// distance is the Levenshtein distance between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
