package nearest_test

import (
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/nearest"
)

func TestClose(t *testing.T) {
	flags := []string{"baseline", "color", "config", "duration", "edition", "features", "gate", "out", "parallel", "rate", "requirement", "tags", "target", "threshold", "waivers"}
	for word, want := range map[string]string{
		"rquirement": "requirement", "treshold": "threshold", "waiver": "waivers", "tgas": "tags", "rtae": "rate", "colour": "color", "ouT": "out", "parallle": "parallel",
		"threads": "", "foo": "", "concurrency": "", "ramp": "", "x": "", "": "", "password": "", "rps": "", "users": "", "t": "", "timeout": "", "cert": "",
	} {
		if got := nearest.Close(word, flags); got != want {
			t.Errorf("%q: %q, wanted %q", word, got, want)
		}
	}
	if got := nearest.Close("word", nil); got != "" {
		t.Errorf("no candidates: %q", got)
	}
}

func TestPhrase(t *testing.T) {
	says := []string{"the user logs in", "the call is accepted", "the call is not accepted"}
	var candidates [][]string
	for _, s := range says {
		candidates = append(candidates, strings.Fields(s))
	}
	alike := func(a, b string) float64 {
		switch {
		case a == b:
			return 1
		case nearest.Close(a, []string{b}) != "":
			return 0.75
		}
		return 0
	}
	for text, want := range map[string]string{
		"the user loggs in": says[0], "the call was accepted": says[1], "the call is not acepted": says[2], "call not accepted": says[2],
		"nobody knows what this means": "", "the": "", "": "",
	} {
		got := ""
		if i := nearest.Phrase(strings.Fields(text), candidates, alike); i >= 0 {
			got = says[i]
		}
		if got != want {
			t.Errorf("%q: %q, wanted %q", text, got, want)
		}
	}
}
