package load

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics is the collector of a run's Prometheus metrics. It may be asked at any
// time while the run goes on, and after it.
type Metrics struct{ e *engine }

// The metrics, with Prometheus's names and units.
var (
	requestsDesc  = prometheus.NewDesc("unigate_load_requests_total", "Requests of the plan by service and status.", []string{"service", "status"}, nil)
	latencyDesc   = prometheus.NewDesc("unigate_load_latency_seconds", "Latency of the requests of the plan from their scheduled start, by service.", []string{"service"}, nil)
	badDesc       = prometheus.NewDesc("unigate_load_bad_tokens_total", "Replies of status 200 whose body or token was wrong, by service.", []string{"service"}, nil)
	attemptsDesc  = prometheus.NewDesc("unigate_load_attempts_total", "Requests that left the socket, by part of the run.", []string{"part"}, nil)
	inFlightDesc  = prometheus.NewDesc("unigate_load_in_flight", "Requests that wait for their answers.", nil, nil)
	askedDesc     = prometheus.NewDesc("unigate_load_asked_rate", "Planned rate in requests per second; 0 in a closed loop.", nil, nil)
	lagDesc       = prometheus.NewDesc("unigate_load_schedule_lag_seconds", "How late requests started by the generator's own doing.", nil, nil)
	queueDesc     = prometheus.NewDesc("unigate_load_verification_queue", "Replies that wait for their verification.", nil, nil)
	unsentDesc    = prometheus.NewDesc("unigate_load_unsent_total", "Requests that were due and never left, by reason; known when their part of the plan has ended.", []string{"reason"}, nil)
	openedDesc    = prometheus.NewDesc("unigate_load_connections_total", "Connections that were opened for requests of the plan.", nil, nil)
	shakenDesc    = prometheus.NewDesc("unigate_load_tls_handshakes_total", "TLS handshakes of requests of the plan, by whether they took up an earlier session.", []string{"resumed"}, nil)
	saturatedDesc = prometheus.NewDesc("unigate_load_generator_saturated", "1 where the load generator was the limit in the newest second, or in the run that has ended, and what bound it; 0 where it was not.", []string{"bound"}, nil)
	healthDesc    = prometheus.NewDesc("unigate_load_generator_share", "What the load generator saw of itself in the newest second, as shares from 0 to 1: cpu, run_delay, throttled, gc, blocked.", []string{"of"}, nil)
	readDesc      = prometheus.NewDesc("unigate_load_receive_lag_p99_seconds", "How long answers had been with the generator's machine when it read them, in the newest second.", nil, nil)
	finishedDesc  = prometheus.NewDesc("unigate_load_finished", "1 once the run has ended and its counts do not change any more.", nil, nil)
	socketsDesc   = prometheus.NewDesc("unigate_load_open_sockets", "Connections to the target.", nil, nil)
)

// buckets are the upper bounds of the latency histogram, in seconds.
var buckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		requestsDesc, latencyDesc, badDesc, attemptsDesc, inFlightDesc, askedDesc, lagDesc, queueDesc, socketsDesc,
		unsentDesc, openedDesc, shakenDesc, saturatedDesc, healthDesc, readDesc, finishedDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	e := m.e
	for _, row := range e.recorder.Rows() {
		if row.Status != "all" {
			ch <- prometheus.MustNewConstMetric(requestsDesc, prometheus.CounterValue, float64(row.Count), row.Service, row.Status)
			continue
		}
		counts := map[float64]uint64{}
		var total uint64
		for _, b := range buckets {
			counts[b] = 0
		}
		row.Latency.Each(func(upTo time.Duration, n uint64) {
			total += n
			for _, b := range buckets {
				if upTo.Seconds() <= b {
					counts[b] += n
				}
			}
		})
		sum := row.Latency.Mean().Seconds() * float64(total)
		ch <- prometheus.MustNewConstHistogram(latencyDesc, total, sum, counts, row.Service)
		ch <- prometheus.MustNewConstMetric(badDesc, prometheus.CounterValue, float64(row.BadTokens), row.Service)
	}
	preflight, warmup, plan := e.attempts()
	for part, n := range map[string]uint64{"preflight": preflight, "warmup": warmup, "plan": plan} {
		ch <- prometheus.MustNewConstMetric(attemptsDesc, prometheus.CounterValue, float64(n), part)
	}
	gauge := func(d *prometheus.Desc, v float64) { ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	gauge(inFlightDesc, float64(e.inFlight.Load()))
	gauge(askedDesc, e.watch.asked())
	gauge(queueDesc, float64(e.verifier.queued.Load()))
	gauge(socketsDesc, float64(max(e.transport.Open(), 0)))
	m.collectHealth(ch)
	lag := e.lagSoFar()
	quantiles := map[float64]float64{0.5: lag.Quantile(0.5).Seconds(), 0.99: lag.Quantile(0.99).Seconds()}
	ch <- prometheus.MustNewConstSummary(lagDesc, lag.Count(), lag.Mean().Seconds()*float64(lag.Count()), quantiles)
}

// collectHealth tells of what was never sent, of connections and of the generator itself.
func (m *Metrics) collectHealth(ch chan<- prometheus.Metric) {
	e := m.e
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	for reason, n := range e.recorder.Totals().UnsentReasons {
		count(unsentDesc, n, reason)
	}
	opened, shaken, resumed := e.recorder.Opened()
	count(openedDesc, opened)
	count(shakenDesc, shaken-resumed, "false")
	count(shakenDesc, resumed, "true")
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	h, finished := e.watch.health()
	gauge(finishedDesc, one(finished))
	gauge(saturatedDesc, one(h.Bound != ""), h.Bound)
	gauge(readDesc, h.ReceiveLagP99S)
	for of, v := range map[string]float64{
		"cpu": h.CPUShare, "run_delay": h.RunDelayShare, "throttled": h.ThrottledShare, "gc": h.GCShare, "blocked": h.BlockedShare,
	} {
		gauge(healthDesc, v, of)
	}
}

// one is 1 for true.
func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
