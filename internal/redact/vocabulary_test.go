package redact_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/redact"
)

// TestVocabularyHoldsTheRecord compares the words that are never learned as
// secrets with the record's member names and enumerations.
func TestVocabularyHoldsTheRecord(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "reports", "schema", "run.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for name := range properties {
					words[name] = true
				}
			}
			list, _ := v["enum"].([]any)
			for _, item := range append(list, v["const"]) {
				if word, ok := item.(string); ok {
					words[word] = true
				}
			}
			for _, item := range v {
				walk(item)
			}
		}
	}
	walk(schema)
	if len(words) < 100 {
		t.Fatalf("only %d words are in the schema: the test proves little", len(words))
	}
	for word := range words {
		if redact.Unfit(word) == "" {
			t.Errorf("a password %q would spoil records: add it, folded, to vocabulary in unfit.go", word)
		}
	}
}

// TestMemoryIsInProportionToTheText counts what is allocated for texts that make
// careless searches quadratic.
func TestMemoryIsInProportionToTheText(t *testing.T) {
	r := redact.New()
	r.Add(strings.Repeat("a", 60)+"!", "hunter22")
	r.AddToken(strings.Repeat("a", 4000))
	for _, piece := range []string{"a", "-", "&", "\\", "%41", "…", "eyJ.", "token=", `"pwd":"`, "://a:", "<pwd>", "hunter22"} {
		used := func(n int) uint64 {
			text := strings.Repeat(piece, n/len(piece))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_ = r.String(text)
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc
		}
		_ = used(100)
		if few, many := used(20_000), used(200_000); many > 20*few {
			t.Errorf("%q: %d bytes for 20,000, %d for 200,000", piece, few, many)
		}
	}
}
