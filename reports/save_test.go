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

func TestWriteFileToFullDevice(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	if err := WriteFile("/dev/full", []byte("x")); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
}

func TestWriteFileLeavesNoHalfFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.json")
	if err := WriteFile(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "missing", "run.json"), []byte("new")); err == nil {
		t.Error("a missing folder is no error")
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(filepath.Join(dir, "sub"), []byte("new")); err == nil {
		t.Error("a folder as the file is no error")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
		t.Errorf("%q, %v", b, err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 2 {
		t.Errorf("temporary files are left: %v", entries)
	}
}
