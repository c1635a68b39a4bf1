package load_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/internal/redact"
	"github.com/unigate/unigate/internal/reference"
	"github.com/unigate/unigate/internal/unifier"
	"github.com/unigate/unigate/load"
)

func TestResultsAreVegetasAndHoldNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{
			Delay: answerTime, Stalls: []reference.Stall{{At: time.Second, For: time.Second}},
			Every: []reference.Every{{N: 100, Do: reference.OtherUser}, {N: 77, Do: reference.ServerError}},
		}})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 200, Duration: 2 * time.Second})
		o.Plan.MaxInflight, o.Plan.Mix = 4, nil
		var file bytes.Buffer
		o.Results = &file
		l, _ := run(context.Background(), t, o)
		raw := file.String()
		for _, u := range o.Users {
			if strings.Contains(raw, unifier.BasicAuth(u.Name, u.Password)) || strings.Contains(raw, u.Password.Reveal()) {
				t.Errorf("the file holds the password of %s", u.Name)
			}
		}
		if strings.Contains(raw, "eyJ") {
			t.Error("the file holds a token")
		}
		decode := vegeta.NewDecoder(&file)
		n, unsent, wrong := uint64(0), uint64(0), uint64(0)
		h := hist.New()
		for {
			var r vegeta.Result
			if err := decode(&r); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			n++
			h.Record(r.Latency)
			switch {
			case strings.HasPrefix(r.Error, "unsent"):
				unsent++
			case strings.HasPrefix(r.Error, "bad token"):
				wrong++
			}
		}
		if n != l.Totals.Planned || unsent != l.Totals.Unsent || wrong != l.Totals.BadTokens || unsent == 0 || wrong == 0 {
			t.Errorf("%d results, %d unsent, %d wrong; the record says %+v", n, unsent, wrong, l.Totals)
		}
		want := l.All.Latency
		want.AtLeast = record.AtLeast{} // in the file a bound looks like an answer
		if h.Distribution() != want {
			t.Errorf("the file's latencies %+v are not the record's %+v", h.Distribution(), l.All.Latency)
		}
	})
}

// brokenWriter takes nothing.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// A results file that cannot be written costs neither the record nor the verdict.
func TestBrokenResultsLeaveTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: time.Second})
		o.Results = brokenWriter{}
		l, v, err := load.Run(context.Background(), o)
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("got %v", err)
		}
		if l == nil || l.Totals.Completed != 100 || v.State != record.VerdictPass {
			t.Errorf("got %+v, %+v", l, v)
		}
	})
}

func TestSamplesHoldNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{})
		n := 0
		leaky := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n++; n%10 != 0 {
				s.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			s.ServeHTTP(answer, r)
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, strings.Repeat("x", 350)+r.Header.Get("Authorization")+"\x1b[31m"+answer.Body.String())
		})
		o := options(leaky, load.Phase{Shape: load.Constant, Rate: 50, Duration: 4 * time.Second})
		o.Users = firstOf(unifier.Login)
		redactor := redact.New()
		redactor.AddCredentials(o.Users[0].Name, o.Users[0].Password.Reveal())
		o.Redact, o.RedactBody = redactor.String, redactor.Body
		l, _ := run(context.Background(), t, o)
		if len(l.Errors) == 0 {
			t.Fatal("there are no errors")
		}
		all := fmt.Sprint(l)
		secret := unifier.BasicAuth(o.Users[0].Name, o.Users[0].Password)[len("Basic "):]
		if strings.Contains(all, "eyJ") || strings.Contains(all, secret[:12]) || strings.Contains(all, "\x1b") {
			t.Errorf("a secret or an escape is in %q", l.Errors[0].Samples)
		}
	})
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: every(50, reference.ServerError)})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 3 * time.Second})
		registry := prometheus.NewPedanticRegistry()
		o.Metrics = func(m *load.Metrics) { registry.MustRegister(m) }
		var seen []load.Snapshot
		o.Progress = func(s load.Snapshot) {
			seen = append(seen, s)
			if _, err := registry.Gather(); err != nil {
				t.Error(err)
			}
		}
		l, _ := run(context.Background(), t, o)
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				key := f.GetName()
				for _, label := range m.GetLabel() {
					key += " " + label.GetValue()
				}
				got[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
		for key, want := range map[string]float64{
			"unigate_load_requests_total login 500": float64(l.Totals.Errors),
			"unigate_load_requests_total login 200": float64(l.Totals.Sent - l.Totals.Errors),
			"unigate_load_attempts_total plan":      float64(l.Totals.Attempts),
			"unigate_load_attempts_total preflight": 2,
			"unigate_load_latency_seconds login":    300,
			"unigate_load_bad_tokens_total login":   0,
			"unigate_load_in_flight":                0,
			"unigate_load_finished":                 1,
			"unigate_load_generator_saturated ":     0,
			"unigate_load_connections_total":        0,
		} {
			if v, ok := got[key]; !ok || v != want {
				t.Errorf("%s is %v, not %v", key, v, want)
			}
		}
		if len(seen) < 2 || seen[0].Asked != 100 || seen[0].Achieved < 90 || seen[0].Phase != "plan" {
			t.Errorf("snapshots %+v", seen)
		}
	})
}

func TestHistogramsOfTheRecordAreMergeable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{Script: reference.Script{Delay: answerTime}})
		o := options(s, load.Phase{Shape: load.Ramp, From: 10, Rate: 100, Duration: 5 * time.Second})
		o.Plan.Mix = nil
		l, _ := run(context.Background(), t, o)
		merged := hist.New()
		for _, row := range l.Services {
			if row.Status != "200" {
				continue
			}
			h, err := hist.Decode(row.LatencyHistogram)
			if err != nil || h.Count() != row.Count {
				t.Fatalf("%s: %v, %v", row.Name, h, err)
			}
			merged.Merge(h)
		}
		if merged.Distribution() != l.All.Latency {
			t.Errorf("merged %+v, all %+v", merged.Distribution(), l.All.Latency)
		}
		n, planned := uint64(0), uint64(0)
		for _, p := range l.Series {
			planned += p.Planned
			for _, encoded := range p.LatencyHistograms {
				h, err := hist.Decode(encoded)
				if err != nil {
					t.Fatal(err)
				}
				n += h.Count()
			}
		}
		if n != l.Totals.Sent || planned != l.Totals.Planned || len(l.Series) != 5 {
			t.Errorf("the series has %d requests in %d points and %d planned; totals %+v", n, len(l.Series), planned, l.Totals)
		}
	})
}

func TestSeriesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{})
		l, _ := run(context.Background(), t, options(s, load.Phase{Shape: load.Soak, Rate: 0.5, Duration: time.Hour}))
		if len(l.Series) > 600 || len(l.Series) < 300 || l.Series[0].WidthS != 8 {
			t.Errorf("%d points of %v s", len(l.Series), l.Series[0].WidthS)
		}
	})
}

func TestSaturationLeavesThresholdsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := service(t, reference.Options{})
		o := options(s, load.Phase{Shape: load.Constant, Rate: 100, Duration: 2 * time.Second})
		began := time.Now()
		o.Usage = busy(began)
		o.Thresholds = thresholds(t, "p99<1h")
		l, v := run(context.Background(), t, o)
		if !l.Generator.Saturated || v.Exit != 3 || !strings.Contains(v.Reasons[0], "the load generator was the limit") {
			t.Errorf("generator %+v, verdict %+v", l.Generator, v)
		}
		for _, th := range l.Thresholds {
			if th.State != "inconclusive" {
				t.Errorf("%s is %s", th.Expression, th.State)
			}
		}
		// A wrong token is wrong whoever was slow.
		o.RoundTripper = inMemory{service(t, reference.Options{Script: every(50, reference.OtherUser)})}
		if _, v := run(context.Background(), t, o); v.Exit != 1 {
			t.Errorf("verdict %+v", v)
		}
	})
}
