package load_test

import (
	"context"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/load"
)

// Where this machine has no more descriptors or ports, the target is not to blame: the
// run is open, whatever its thresholds, goes on to its end, and says what to do.
func TestWhatThisMachineLacksIsNotTheTargets(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		bound string
		says  string
		exit  int
	}{
		{"descriptors", syscall.EMFILE, "descriptors", "ulimit -n", 3},
		{"ports", syscall.EADDRNOTAVAIL, "ports", "ip_local_port_range", 3},
		{"the target refuses", syscall.ECONNREFUSED, "", "connection refused", 1}, // the control
	} {
		t.Run(c.name, func(t *testing.T) {
			var dialled atomic.Int64
			l, v := onSocket(context.Background(), t, reference.Script{}, func(o *load.Options) {
				o.Connections.PerConnection = 1
				o.Plan.Phases[0].Rate, o.Plan.Phases[0].Duration = 100, 2*time.Second
				o.Network.Control = func(string, string, syscall.RawConn) error {
					if dialled.Add(1) > 50 {
						return c.err
					}
					return nil
				}
			})
			told := strings.Join(append(l.Generator.Reasons, v.Reasons...), "\n")
			if v.Exit != c.exit || l.Generator.Bound != c.bound && c.bound != "" || !strings.Contains(told, c.says) {
				t.Errorf("exit %d, bound by %q: %s", v.Exit, l.Generator.Bound, told)
			}
			if stopped := l.Stopped != ""; stopped != (c.exit == 1) {
				t.Errorf("stopped: %q", l.Stopped)
			}
			if strings.Contains(told, "garbage") {
				t.Errorf("garbage collection is blamed: %s", told)
			}
		})
	}
}
