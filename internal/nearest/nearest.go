// Package nearest finds the word that was meant.
package nearest

// Close returns the candidate that is nearest to word, or "" where none is near: a
// suggestion that nobody meant is worse than none. What differs by more than a
// third of the letters of the longer word, or by one where that is less, is another
// word. Two letters in each other's place differ by one.
func Close(word string, candidates []string) string {
	best, least := "", 0
	for _, c := range candidates {
		d := distance(word, c)
		if d <= max(1, max(len(word), len(c))/3) && d < min(len(word), len(c)) && (best == "" || d < least) {
			best, least = c, d
		}
	}
	return best
}

// Phrase returns the index of the candidate that shares most words with text, in
// order, or -1 where none shares half of them. alike says how much of a word is
// another one's, from 0 to 1.
func Phrase(text []string, candidates [][]string, alike func(word, candidate string) float64) int {
	best, most := -1, 0.5
	for i, c := range candidates {
		if s := shared(text, c, alike); s > most {
			best, most = i, s
		}
	}
	return best
}

// shared is the share of words that two texts have in common, in order, of those of
// the longer one.
func shared(a, b []string, alike func(string, string) float64) float64 {
	row := make([]float64, len(b)+1)
	for i := range a {
		diagonal := 0.0
		for j := range b {
			above := row[j+1]
			row[j+1] = max(above, row[j], diagonal+alike(a[i], b[j]))
			diagonal = above
		}
	}
	return row[len(b)] / float64(max(len(a), len(b), 1))
}

// distance is the Damerau-Levenshtein distance between a and b, in bytes (optimal
// string alignment).
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(next[j-1]+1, row[j]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
