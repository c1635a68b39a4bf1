package reports

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unigate/unigate/reports/internal/sample"
)

func TestSaveWritesWholeFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	paths, err := Save(dir, sample.Run())
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(paths) || len(paths) != len(outputs) {
		t.Errorf("%d files, %d paths, %d outputs", len(entries), len(paths), len(outputs))
	}
	for _, p := range paths {
		if info, err := os.Stat(p); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
}

func TestSaveSaysWhatFailedAndKeepsTheRest(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "run.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	paths, err := Save(dir, sample.Run())
	if err == nil || !strings.Contains(err.Error(), "run.json") {
		t.Errorf("got %v", err)
	}
	if len(paths) != len(outputs)-1 {
		t.Errorf("got %v", paths)
	}
}
