package health

import (
	"fmt"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/amount"
	"github.com/unigate/unigate/internal/hist"
	"github.com/unigate/unigate/internal/objective"
)

// Name says what bound the generator. The names stand in the run record.
type Name string

// What can bind a load generator.
const (
	Descriptors  Name = "descriptors"        // the limit of open files
	Ports        Name = "ports"              // the ephemeral ports
	Quota        Name = "cpu quota"          // the CPU limit of a control group
	CPU          Name = "cpu"                // the cores
	RunQueue     Name = "run queue"          // other programs had the cores
	Verification Name = "verification"       // replies came faster than they were verified
	GC           Name = "garbage collection" // of unigate itself
	ScheduleLag  Name = "schedule lag"       // late, and none of the causes above explains it
	ReceiveLag   Name = "receive lag"        // the same for the reading of answers
)

// remedies says in words what to do.
var remedies = map[Name]string{
	Descriptors:  "raise the limit of open files (ulimit -n), or give a lower --max-inflight",
	Ports:        "widen net.ipv4.ip_local_port_range, or ask for less from each machine",
	Quota:        "raise the CPU limit of the container or control group, or ask for less",
	CPU:          "give unigate a machine with a free core, or ask for less",
	RunQueue:     "stop what else runs on this machine, do not run the target beside unigate, or raise unigate's priority",
	Verification: "give unigate more cores, or ask for less",
	GC:           "give unigate more memory and cores, or ask for less",
	ScheduleLag:  "give unigate a machine with a free core, or ask for less",
	ReceiveLag:   "give unigate a machine with a free core, or ask for less",
}

// Remedy says in words what to do about a limit, "" for one that is not known.
func (n Name) Remedy() string { return remedies[n] }

// Limit is one way in which the generator was the limit.
type Limit struct {
	// Name is what bound it.
	Name Name
	// Text says how that showed, with its figure.
	Text string
}

// String returns the text with the remedy.
func (l Limit) String() string {
	if r := l.Name.Remedy(); r != "" {
		return l.Text + "; " + r
	}
	return l.Text
}

// Limits returns how the generator was the limit, what bound it first. It is empty
// where the generator did as it should, and where nothing was due: then there is
// nothing that it could have spoilt.
func (s *Stretch) Limits() []Limit {
	if s.Lags.Requests+s.Lags.Never == 0 {
		return nil
	}
	var out []Limit
	add := func(n Name, format string, args ...any) {
		out = append(out, Limit{n, fmt.Sprintf(format, args...)})
	}
	if s.Descriptors >= minExhausted {
		add(Descriptors, "%s because this machine is out of descriptors", amount.Of(s.Descriptors, "request failed", "requests failed"))
	}
	if s.Ports >= minExhausted {
		add(Ports, "%s because this machine is out of local ports", amount.Of(s.Ports, "request failed", "requests failed"))
	}
	if s.CPUShare() > maxCPUShare {
		add(s.core(), "unigate used %.0f %% of the %s it may use", s.CPUShare()*100, cores(s.Cores))
	}
	if share := s.of(s.Blocked); share > maxBlockedShare {
		add(Verification, "the verification of replies could not keep up: its queue was full for %s", objective.FormatTime(s.Blocked))
	}
	if share := s.of(s.GCPause); share > maxGCShare {
		add(GC, "garbage collection stopped unigate for %.1f %% of the time", share*100)
	}
	return append(out, s.lags()...)
}

// Bound reports whether so many of the requests that were due are more than an accident.
func Bound(n, due uint64) bool { return n >= MinLate && n*minNever >= due }

// lags returns the limits that show in what was late or never sent, each with its
// cause.
func (s *Stretch) lags() []Limit {
	var out []Limit
	cause := func(otherwise Name) (Name, string) {
		if n, text := s.Cause(); n != "" {
			return n, ": " + text
		}
		return otherwise, ""
	}
	l := &s.Lags
	if due := l.Requests + l.Never; Bound(l.Never, due) || l.Never > 0 && l.Never*minMany >= due {
		n, why := cause(ScheduleLag)
		out = append(out, Limit{n, fmt.Sprintf("%d of %s due never left, as unigate was too slow%s", l.Never, amount.Of(due, "request that was", "requests that were"), why)})
	}
	if lag, spoils := l.spoils(&l.Schedule, l.LateStarts); spoils {
		n, why := cause(ScheduleLag)
		out = append(out, Limit{n, fmt.Sprintf("requests started late by the generator's own doing: p99 %s%s", objective.FormatTime(lag), why)})
	}
	if lag, spoils := l.spoils(&l.Receive, l.LateReads); spoils {
		n, why := cause(ReceiveLag)
		out = append(out, Limit{n, fmt.Sprintf("unigate was late to read answers that were there: p99 %s%s", objective.FormatTime(lag), why)})
	}
	return out
}

// spoils returns the 99th percentile of a lag, and whether the figures are spoilt
// by it: lag is part of the latency, and spoils it where it is a good part of it.
func (l *Lags) spoils(of *hist.Compact, late uint64) (time.Duration, bool) {
	if late < MinLate {
		return 0, false
	}
	lag := of.Histogram().Quantile(0.99)
	return lag, lag > MaxLag && lag > l.Latency.Histogram().Quantile(0.99)/lagPart
}

// core returns what a lack of processor time is due to.
func (s *Stretch) core() Name {
	if s.Cores < float64(s.UsableCores) {
		return Quota
	}
	return CPU
}

// Cause returns what made the generator late, in words with its figure, where
// something did; the name is "" otherwise. It says nothing about whether that matters.
func (s *Stretch) Cause() (Name, string) {
	type cause struct {
		name   Name
		weight float64 // how far beyond its bound it is
		text   string
	}
	causes := []cause{
		{Quota, s.ThrottledShare() / causeThrottled, fmt.Sprintf("the quota of %s was used up in %.0f %% of its periods", cores(s.Cores), s.ThrottledShare()*100)},
		{s.core(), s.CPUShare() / maxCPUShare, fmt.Sprintf("unigate used %.0f %% of the %s it may use", s.CPUShare()*100, cores(s.Cores))},
		{Verification, s.of(s.Blocked) / maxBlockedShare, fmt.Sprintf("the verifier's queue was full for %s", objective.FormatTime(s.Blocked))},
		{RunQueue, s.RunDelayShare() / causeRunDelay, fmt.Sprintf("other programs had the core in %.0f %% of the time in which unigate could have run", s.RunDelayShare()*100)},
		{GC, s.of(s.GCPause) / causeGC, fmt.Sprintf("garbage collection stopped unigate for %.1f %% of the time", s.of(s.GCPause)*100)},
	}
	// What holds the whole process comes before what is a matter of degree.
	for _, c := range causes {
		if c.weight > 1 {
			return c.name, c.text
		}
	}
	return "", ""
}

// Texts returns the limits in words, without repeating a remedy.
func Texts(limits []Limit) []string {
	var out []string
	var told []Name
	for _, l := range limits {
		if slices.Contains(told, l.Name) {
			out = append(out, l.Text)
			continue
		}
		told = append(told, l.Name)
		out = append(out, l.String())
	}
	return out
}

// cores says how many cores there are.
func cores(n float64) string {
	if n == 1 {
		return "1 core"
	}
	return fmt.Sprintf("%.3g cores", n)
}
