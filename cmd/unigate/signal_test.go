//go:build unix

package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/reference"
)

// started is the program, running, with a folder of its own.
type started struct {
	dir string
	cmd *exec.Cmd
}

// start runs the program: this test's binary under its name.
func start(t *testing.T, config string, args ...string) *started {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := filepath.Join(t.TempDir(), "unigate"), t.TempDir()
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	if config != "" {
		if err := os.WriteFile(filepath.Join(dir, "unigate.yaml"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	s := &started{dir: dir, cmd: exec.CommandContext(ctx, bin, args...)}
	s.cmd.Dir = dir
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// end sends the signals and returns the exit status and the names of the files that
// are left.
func (s *started) end(t *testing.T, signals ...os.Signal) (exit int, left []string) {
	t.Helper()
	for _, one := range signals {
		if err := s.cmd.Process.Signal(one); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond) // two of a kind that come at once are one to the kernel
	}
	var ended *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return s.cmd.ProcessState.ExitCode(), s.files(t)
}

// files names the files below the folder.
func (s *started) files(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, s.dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// mute is a service that stops to answer, and tells of each request from then on.
func mute(t *testing.T, after int) (config string, heard <-chan struct{}) {
	t.Helper()
	service, err := reference.New(reference.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	n, told := 0, make(chan struct{}, 1000)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		silent := n > after
		mu.Unlock()
		if silent {
			select {
			case told <- struct{}{}:
			default:
			}
			<-r.Context().Done()
			return
		}
		service.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return "target: {base_url: '" + s.URL + "', timeout: 5m}\nusers: [{name: $$unigate, password: 'Pr1mavera!'}]\n", told
}

// Each signal that ends a run lets it save what it has: SIGHUP, which a closed terminal
// sends, as SIGTERM and SIGINT.
func TestSignalsSaveWhatThereIs(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		config, heard := mute(t, 5)
		s := start(t, config, "verify", "--out", "out", "--quiet")
		<-heard
		exit, left := s.end(t, signal)
		if exit != 130 || !strings.Contains(strings.Join(left, " "), "out/run.json") {
			t.Errorf("%v: exit %d, %v", signal, exit, left)
		}
		for _, name := range left {
			if strings.Contains(name, ".tmp") || strings.HasPrefix(filepath.Base(name), ".") {
				t.Errorf("%v leaves %s", signal, name)
			}
		}
	}
}

// A second signal ends the program at once, and what was half written is removed.
func TestASecondSignalLeavesNoUnfinishedFile(t *testing.T) {
	config, heard := mute(t, 30)
	s := start(t, config, "load", "--rate", "20/s", "--duration", "1m", "--results", "results.bin", "--quiet")
	<-heard
	before := s.files(t)
	exit, left := s.end(t, syscall.SIGHUP, syscall.SIGTERM)
	if len(before) < 2 {
		t.Errorf("no file was being written: %v proves little", before)
	}
	for _, name := range left {
		if name != "unigate.yaml" && name != "results.bin" {
			t.Errorf("%s is left of %v", name, before)
		}
	}
	if exit != 130 {
		t.Errorf("exit %d", exit)
	}
}

// A pipe that nobody writes to does not hold an interrupt, whatever reads it.
func TestPipesWithoutAWriterEndWithAnInterrupt(t *testing.T) {
	for _, args := range [][]string{
		{"load", "--plan", "pipe"}, {"verify", "--waivers", "pipe"}, {"report", "pipe"}, {"compare", "pipe", "pipe"}, {"verify", "--features", "."},
		{"verify", "--config", "pipe"}, {"verify", "--env-file", "pipe"},
	} {
		s := start(t, "", "doctor", "--help") // for its folder
		if err := s.cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"pipe", "x.feature"} {
			if err := syscall.Mkfifo(filepath.Join(s.dir, name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again := exec.CommandContext(t.Context(), s.cmd.Path, args...)
		again.Dir = s.dir
		if err := again.Start(); err != nil {
			t.Fatal(err)
		}
		// Opening for writing without waiting succeeds as soon as the program waits for a writer.
		waitForReader(t, s.dir)
		s.cmd = again
		if exit, _ := s.end(t, os.Interrupt); exit != 130 {
			t.Errorf("%v: exit %d", args, exit)
		}
	}
}

// waitForReader waits until somebody opens one of the pipes for reading.
func waitForReader(t *testing.T, dir string) {
	t.Helper()
	for range 1200 {
		for _, name := range []string{"pipe", "x.feature"} {
			fd, err := syscall.Open(filepath.Join(dir, name), syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
			if err == nil {
				t.Cleanup(func() { _ = syscall.Close(fd) }) // kept open: no end of the file comes
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("nobody reads the pipe")
}
