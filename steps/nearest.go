package steps

import (
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/unigate/unigate/internal/nearest"
)

// nearestStep is the hint that names the words which a step that nobody knows may
// have meant; "" where none are near.
func nearestStep(step ScenarioStep, words []*definition) string {
	var says []string
	for _, d := range words {
		if tree, err := syntax.Parse(d.pattern, syntax.Perl); err == nil {
			says = append(says, phrases(tree)...)
		}
	}
	for _, t := range traits() {
		says = append(says, "a "+t.says, "an "+t.says, "every "+t.says)
	}
	candidates := make([][]string, len(says))
	for i, s := range says {
		candidates[i] = strings.Fields(s)
	}
	i := nearest.Phrase(strings.Fields(step.Text), candidates, sameWord)
	if i < 0 || says[i] == step.Text {
		return ""
	}
	return fmt.Sprintf("did you mean %q? ", says[i])
}

// anything stands for what a step leaves open.
const anything = "…"

// maxPhrases bounds the ways in which one step may be written.
const maxPhrases = 200

// phrases lists the ways in which a pattern lets a step be written.
func phrases(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCapture:
		return phrases(re.Sub[0])
	case syntax.OpQuest:
		return append([]string{""}, phrases(re.Sub[0])...)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			all = append(all, phrases(sub)...)
		}
		return all
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			var longer []string
			for _, begin := range all {
				for _, end := range phrases(sub) {
					longer = append(longer, begin+end)
				}
			}
			all = longer[:min(len(longer), maxPhrases)]
		}
		return all
	case syntax.OpEmptyMatch:
		return []string{""}
	}
	return []string{anything}
}

// sameWord is how much of a word the vocabulary's stands for.
func sameWord(word, says string) float64 {
	switch {
	case strings.EqualFold(says, word):
		return 1
	case nearest.Close(strings.ToLower(word), []string{says}) != "":
		return 0.75
	case strings.Contains(says, anything):
		return 0.5
	}
	return 0
}
