package unifier_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/unifier"
)

// TestTheEmbeddedZonesWin plants another database where Go looks first: New York
// would have Tokyo's time.
func TestTheEmbeddedZonesWin(t *testing.T) {
	other, err := os.ReadFile("testdata/tokyo.tzif")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "America"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "America", "New_York"), other, 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("ZONES_WIN") != "" {
		planted, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
		if _, offset := at.In(planted).Zone(); offset != 9*3600 {
			t.Fatalf("the planted database has no effect: %d", offset) // the control
		}
		own, err := unifier.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		if _, offset := at.In(own).Zone(); offset != -4*3600 {
			t.Errorf("New York is %d seconds ahead of UTC", offset)
		}
		return
	}
	// Go reads ZONEINFO once, so that a process of its own is needed.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, "-test.run=^TestTheEmbeddedZonesWin$")
	c.Env = append(os.Environ(), "ZONES_WIN=1", "ZONEINFO="+dir)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestUnknownZones(t *testing.T) {
	for _, name := range []string{"", "Local", "Mars/Olympus", "America", "America/", "../etc/passwd"} {
		if l, err := unifier.LoadLocation(name); err == nil {
			t.Errorf("%q is %v", name, l)
		}
	}
	if !strings.HasPrefix(unifier.ZoneDataVersion, "20") {
		t.Error(unifier.ZoneDataVersion)
	}
}
