package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load/pace"
)

// slowPath is where the service is told how much slower it is to be.
const slowPath = "/slow"

// sleepers is how many requests may sleep on threads of their own at once without
// holding others up: a thread that sleeps keeps its processor for a while.
const sleepers = 12

// serve is the process of the service: the reference service with a time that it
// takes to answer. It prints its URL and ends with standard input.
func serve(ctx context.Context, o options, in io.Reader, out io.Writer) error {
	runtime.GOMAXPROCS(sleepers)
	ref, err := reference.New(reference.Options{})
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var factor atomic.Uint64 // the bits of a float64
	factor.Store(math.Float64bits(1))
	mux := http.NewServeMux()
	mux.HandleFunc(slowPath, func(w http.ResponseWriter, r *http.Request) {
		f, err := strconv.ParseFloat(r.URL.RawQuery, 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		factor.Store(math.Float64bits(f))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// Times rounded to a millisecond would make steps of 5 % of a median of 20 ms.
		pace.Sleep(time.Duration(float64(o.base)*math.Float64frombits(factor.Load())*math.Exp(o.spread*rand.NormFloat64())), r.Context().Done())
		if r.Context().Err() == nil {
			ref.ServeHTTP(w, r)
		}
	})
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: mux}
	go func() {
		_, _ = io.Copy(io.Discard, in) // whatever ends it
		_ = server.Close()
	}()
	if _, err := fmt.Fprintf(out, "http://%s\n", listener.Addr()); err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// service is the process of the service. It is apart from the generator, as they
// would slow each other down.
type service struct {
	process *exec.Cmd
	input   io.Closer
	base    *url.URL
}

// startService starts this program again as the service.
func startService(ctx context.Context, o options) (*service, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &service{process: exec.CommandContext(ctx, self, "-serve", "-base", o.base.String(), "-spread", strconv.FormatFloat(o.spread, 'g', -1, 64))} // #nosec G204 -- this very program
	s.process.Stderr = os.Stderr
	if s.input, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = s.close()
		return nil, fmt.Errorf("the service did not start: %w", err)
	}
	if s.base, err = url.Parse(strings.TrimSpace(line)); err != nil {
		_ = s.close()
	}
	return s, err
}

// close ends the process of the service, if there is one.
func (s *service) close() error {
	if s.process == nil {
		return nil
	}
	_ = s.input.Close()
	return s.process.Wait()
}

// slow makes the service take factor times its time.
func (s *service) slow(ctx context.Context, factor float64) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.String()+slowPath+"?"+strconv.FormatFloat(factor, 'g', -1, 64), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the service cannot be slowed down: %s", resp.Status)
	}
	return nil
}
