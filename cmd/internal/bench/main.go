// Command bench measures unigate against other load generators: against one
// cheap token server in a process of its own, in turns, so that a machine that is
// busy with something else is so for all of them. It prints ratios; the absolute
// figures are this machine's, at this hour.
//
// Run it from the root of the project: go run ./cmd/internal/bench [-turns 5] [-time 5s].
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// settings are the flags.
type settings struct {
	turns int
	time  time.Duration
	rates string
	dir   string
	// Capacity searches in place of the comparison, where there are any.
	searches, atOnce int
	searchTime       time.Duration
	arrivals         string
}

func main() {
	var s settings
	flag.IntVar(&s.turns, "turns", 5, "how often each tool has its turn")
	flag.DurationVar(&s.time, "time", 5*time.Second, "length of one turn")
	flag.StringVar(&s.rates, "rates", "1000,10000", "fixed rates at which latency is measured, per second; empty for none")
	flag.IntVar(&s.searches, "searches", 0, "search the capacity of queues whose truth is known so often, in place of the comparison with other tools")
	flag.IntVar(&s.atOnce, "at-once", 4, "searches that run at the same time")
	flag.DurationVar(&s.searchTime, "search-time", 3*time.Minute, "length of one search")
	flag.StringVar(&s.arrivals, "arrivals", "poisson,uniform", "kinds of traffic of the searches")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s, os.Stdout); err != nil {
		stop()
		log.Fatal(err)
	}
}

// run builds what is measured, measures and prints.
func run(ctx context.Context, s settings, w io.Writer) error {
	var err error
	if s.dir, err = os.MkdirTemp("", "unigate-bench-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(s.dir) }()
	for name, pkg := range map[string]string{"unigate": "./cmd/unigate", "tokenserver": "./cmd/internal/tokenserver"} {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(s.dir, name), pkg).CombinedOutput(); err != nil { // #nosec G204 -- fixed names
			return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
		}
	}
	if s.searches > 0 {
		return searches(ctx, s, w)
	}
	url, stop, err := startServer(ctx, filepath.Join(s.dir, "tokenserver"))
	if err != nil {
		return err
	}
	defer stop()
	tools, missing, err := toolsFor(s.dir, url)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		_, _ = fmt.Fprintf(w, "Not installed, so not measured: %s.\n\n", strings.Join(missing, ", "))
	}
	throughput, err := measureAll(ctx, s, tools, url, 0)
	if err != nil {
		return err
	}
	drawThroughput(w, s, throughput)
	for _, text := range strings.Split(s.rates, ",") {
		rate, err := strconv.Atoi(text)
		if err != nil {
			continue
		}
		rated, err := measureAll(ctx, s, tools, url, rate)
		if err != nil {
			return err
		}
		drawRated(w, s, rate, rated)
	}
	return nil
}

// startServer starts the token server and returns its URL.
func startServer(ctx context.Context, path string, args ...string) (url string, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, path, args...) // #nosec G204 -- built above
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return "", nil, err
	}
	stop = func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, err
	}
	return strings.TrimSpace(line), stop, nil
}

// count asks the server how many tokens it issued.
func count(ctx context.Context, url string) (uint64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/count", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(b), 10, 64)
}

// turn is what one tool did in one turn.
type turn struct {
	requests uint64
	cpu      time.Duration
	rss      int64 // bytes
	p50, p99 time.Duration
}

// perSecond returns the requests per second of the turn's planned time.
func (t turn) perSecond(d time.Duration) float64 { return float64(t.requests) / d.Seconds() }

// measureAll gives each tool its turns: rate 0 is as fast as it can.
func measureAll(ctx context.Context, s settings, tools []tool, url string, rate int) (map[string][]turn, error) {
	out := map[string][]turn{}
	for i := range s.turns {
		for k := range tools {
			t := tools[(i+k)%len(tools)] // nobody always comes first
			args := t.command(rate, s.time)
			if args == nil {
				continue
			}
			x, err := measure(ctx, t, args, url)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			out[t.name] = append(out[t.name], x)
		}
	}
	return out, nil
}

// measure runs one tool once.
func measure(ctx context.Context, t tool, args []string, url string) (turn, error) {
	before, err := count(ctx, url)
	if err != nil {
		return turn{}, err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) // #nosec G204 -- the commands of tools.go
	cmd.Env = append(os.Environ(), "K6_NO_USAGE_REPORT=true")
	var errout strings.Builder
	cmd.Stderr = &errout
	stdout, err := cmd.Output()
	x := turn{}
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && t.name == "unigate" && exit.ExitCode() == 3) {
		return x, fmt.Errorf("%w\n%s", err, errout.String())
	}
	after, err := count(ctx, url)
	if err != nil {
		return x, err
	}
	x.requests = after - before
	x.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	x.rss = maxRSS(cmd.ProcessState)
	if t.latency != nil {
		x.p50, x.p99, err = t.latency(stdout)
	}
	return x, err
}
