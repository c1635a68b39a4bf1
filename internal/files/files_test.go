package files

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWriteToFullDevice(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	if err := Write("/dev/full", []byte("x")); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("got %v", err)
	}
}

func TestWriteLeavesNoHalfFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "run.json")
	if err := Write(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "missing", "run.json"), []byte("new")); err == nil {
		t.Error("a missing folder is no error")
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "sub"), []byte("new")); err == nil {
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

// What a path leads to stays what it is: only regular files are replaced.
func TestWriteReplacesRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, l := range [][2]string{{"real", "link"}, {"link", "chain"}, {"new", "dangling"}, {in("loop"), "loop"}} {
		if err := os.Symlink(l[0], in(l[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(in("real"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in("fresh"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	sample, err := os.Stat(in("fresh"))
	if err != nil {
		t.Fatal(err)
	}
	fresh := sample.Mode().Perm() // as the umask says
	for _, k := range []struct {
		write, lands string
		mode         os.FileMode
	}{{"chain", "real", 0o600}, {"dangling", "new", fresh}, {"real", "real", 0o600}} {
		if err := Write(in(k.write), []byte(k.write)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(in(k.lands))
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != k.mode {
			t.Errorf("%s: %v, %v", k.lands, info, err)
		}
		if b, err := os.ReadFile(in(k.lands)); err != nil || string(b) != k.write {
			t.Errorf("%s holds %q, %v", k.lands, b, err)
		}
	}
	for _, name := range []string{"link", "chain", "dangling"} {
		if info, err := os.Lstat(in(name)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v, %v", name, info, err)
		}
	}
	if err := Write(in("loop"), nil); err == nil || !strings.Contains(err.Error(), "too many symbolic links") {
		t.Errorf("a loop: %v", err)
	}
}

func TestWriteToPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes with names here: ", err)
	}
	got := make(chan string)
	go func() {
		b, _ := os.ReadFile(path)
		got <- string(b)
	}()
	if err := Write(path, []byte("through the pipe")); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "through the pipe" {
		t.Errorf("read %q", text)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe became %v, %v", info, err)
	}
}

// TestWriteFileToWhatHasNoName writes through links of /proc, as /dev/stdout and the
// process substitution of shells are.
func TestWriteToWhatHasNoName(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := fmt.Sprintf("/dev/fd/%d", w.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("no /dev/fd here: ", err)
	}
	if err := Write(path, []byte("through the pipe")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if b, err := io.ReadAll(r); err != nil || string(b) != "through the pipe" {
		t.Errorf("read %q, %v", b, err)
	}
	gone, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if err := os.Remove(gone.Name()); err != nil {
		t.Fatal(err)
	}
	if err := Write(fmt.Sprintf("/dev/fd/%d", gone.Fd()), []byte("into a removed file")); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(gone); err != nil || string(b) != "into a removed file" {
		t.Errorf("read %q, %v", b, err)
	}
}

// TestForeignLinks has links that somebody else put into a folder like /tmp: as
// the file, as a link in a chain, as the folder of the file, and one above.
func TestForeignLinks(t *testing.T) {
	const stranger = 12345
	sticky, mine := t.TempDir(), t.TempDir()
	if err := os.Chmod(sticky, os.ModeSticky|0o777); err != nil {
		t.Fatal(err)
	}
	link := func(to, name string, uid int) string {
		path := filepath.Join(sticky, name)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
		if err := os.Lchown(path, uid, -1); err != nil {
			t.Skip("only root gives files away: ", err)
		}
		return path
	}
	precious := filepath.Join(mine, "run.json")
	if err := os.WriteFile(precious, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, folder := link(precious, "file", stranger), link(mine, "folder", stranger)
	for name, path := range map[string]string{
		"a file": file, "a chain": link(file, "chain", os.Getuid()), "a folder": filepath.Join(folder, "run.json"),
		"a folder above": filepath.Join(folder, "deep", "run.json"), "a pipe": link("/dev/null", "device", stranger),
	} {
		if err := Make(path, []byte("replaced")); err == nil || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := MakeFolder(folder); err == nil {
		t.Error("the folder of the reports is a foreign link, and it was taken")
	}
	if b, err := os.ReadFile(precious); err != nil || string(b) != "mine" {
		t.Errorf("my file holds %q, %v", b, err)
	}
	if _, err := os.Stat(filepath.Join(mine, "deep")); err == nil {
		t.Error("a folder was made behind a foreign link")
	}
	if err := Write(link(precious, "own", os.Getuid()), []byte("mine too")); err != nil {
		t.Errorf("an own link: %v", err)
	}
}
