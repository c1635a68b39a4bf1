package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/unigate/unigate/internal/hist"
)

// The method: the logarithm of a percentile's ratio between the runs, estimated
// with its standard error by a circular block bootstrap over the intervals of each
// run (Politis and Romano 1992). Whole blocks of neighbouring intervals are drawn,
// for all services at once, so that what makes the requests of one moment slow
// together (a pause, a busy neighbour) stays together. The length of the blocks
// follows from the run's own autocorrelation (Politis and White 2004, corrected by
// Patton, Politis and White 2009). The half width of every interval is the same
// multiple of its standard error: the 95th percentile of the largest deviation
// among all figures in the bootstrap (Romano and Wolf 2005), so that all intervals
// hold together with 95 %, widened from the normal to Student's distribution with
// Welch's degrees of freedom, since a short run has few blocks. Where the automatic
// block is too short for the correlation of neighbouring intervals, as it often is
// in short runs, the standard errors are widened by what an autoregressive process
// of order one with that correlation would add; a run that is worth fewer than
// fewestEffective independent intervals is not compared. Ten values are often
// correlated by accident: in a run of fewer than shortRun intervals that differ by
// no more than independent requests would make them, a correlation counts for no
// more than its standard error.
// sampleSet is one service of one run: for every interval the counts of the
// buckets, whose bounds all intervals share.
type sampleSet struct {
	from, to []float64 // seconds
	counts   [][]float64
	total    float64
	exact    *hist.Histogram // of the whole run, nil where there is none
}

// newSampleSet lines the buckets of the intervals up.
func newSampleSet(intervals []*hist.Histogram) *sampleSet {
	index := map[time.Duration]int{}
	var bounds []hist.Bucket
	buckets := make([][]hist.Bucket, len(intervals))
	for i, h := range intervals {
		buckets[i] = h.Buckets()
		for _, b := range buckets[i] {
			if _, ok := index[b.From]; !ok {
				index[b.From] = 0
				bounds = append(bounds, b)
			}
		}
	}
	slices.SortFunc(bounds, func(a, b hist.Bucket) int { return int(a.From - b.From) })
	s := &sampleSet{}
	for i, b := range bounds {
		index[b.From] = i
		s.from = append(s.from, b.From.Seconds())
		s.to = append(s.to, (b.To + time.Microsecond).Seconds())
	}
	for _, list := range buckets {
		row := make([]float64, len(bounds))
		for _, b := range list {
			row[index[b.From]] = float64(b.Count)
			s.total += float64(b.Count)
		}
		s.counts = append(s.counts, row)
	}
	return s
}

// sum adds the counts of all intervals.
func (s *sampleSet) sum() []float64 {
	out := make([]float64, len(s.from))
	for _, row := range s.counts {
		for i, n := range row {
			out[i] += n
		}
	}
	return out
}

// quantile is the value below which the share q of the counts lies, within a
// bucket by linear interpolation.
func (s *sampleSet) quantile(counts []float64, q float64) float64 {
	total := 0.0
	for _, n := range counts {
		total += n
	}
	want, below := q*total, 0.0
	for i, n := range counts {
		if n > 0 && below+n >= want {
			return s.from[i] + (s.to[i]-s.from[i])*(want-below)/n
		}
		below += n
	}
	return math.NaN()
}

// logMeans returns the mean of the logarithm of the latency of every interval, and
// the variance of each mean where the requests of an interval are independent.
func (s *sampleSet) logMeans() (means, variances []float64) {
	for _, row := range s.counts {
		sum, squares, n := 0.0, 0.0, 0.0
		for i, c := range row {
			l := math.Log((s.from[i] + s.to[i]) / 2)
			sum += c * l
			squares += c * l * l
			n += c
		}
		if n > 0 {
			mean := sum / n
			means = append(means, mean)
			variances = append(variances, max(squares/n-mean*mean, 0)/max(n-1, 1))
		}
	}
	return means, variances
}

// run is one load test, as the services and the intervals of each.
type run struct {
	sets   []*sampleSet
	length int // of a block, in intervals
	// persistence is the correlation of neighbouring intervals, 0 to less than 1.
	persistence float64
}

// newRun takes the length of the blocks from the services' autocorrelation. In a
// short run one that may be an accident counts for no more than its standard error.
func newRun(sets []*sampleSet) *run {
	r := &run{sets: sets, length: 1}
	for _, s := range sets {
		means, variances := s.logMeans()
		length, p := blockLength(means), persistence(means)
		if n := len(means); n < shortRun && !moreThanChance(means, variances) {
			length, p = 1, min(p, 1/math.Sqrt(float64(n)))
		}
		r.length, r.persistence = max(r.length, length), max(r.persistence, p)
	}
	return r
}

// intervals is the number of intervals.
func (r *run) intervals() int {
	if len(r.sets) == 0 {
		return 0
	}
	return len(r.sets[0].counts)
}

// blocks is how many blocks a resample draws.
func (r *run) blocks() int { return (r.intervals() + r.length - 1) / r.length }

// effective is how many independent intervals or blocks the run is worth: that
// of its blocks, or fewer where its intervals depend on each other.
func (r *run) effective() float64 {
	return min(float64(r.blocks()), float64(r.intervals())/longRun(r.persistence))
}

// resample draws the run again and again and returns, for every service and
// percentile in turn, the logarithms of the percentiles of each draw.
func (r *run) resample(qs []float64, rnd *rand.Rand) [][]float64 {
	logs := make([][]float64, len(r.sets)*len(qs))
	if len(r.sets) == 0 || len(r.sets[0].counts) == 0 {
		return logs
	}
	n, k := len(r.sets[0].counts), r.blocks()
	sums := make([][][]cell, len(r.sets))
	draws := make([][]float64, len(r.sets))
	for i, s := range r.sets {
		sums[i], draws[i] = s.blockSums(r.length), make([]float64, len(s.from))
	}
	for range resamples {
		for i := range draws {
			clear(draws[i])
		}
		for range k {
			first := rnd.IntN(n)
			for i := range draws {
				for _, c := range sums[i][first] {
					draws[i][c.bucket] += c.count
				}
			}
		}
		for i, s := range r.sets {
			for j, q := range qs {
				logs[i*len(qs)+j] = append(logs[i*len(qs)+j], math.Log(s.quantile(draws[i], q)))
			}
		}
	}
	return logs
}

// cell is a bucket that holds something.
type cell struct {
	bucket int
	count  float64
}

// blockSums returns the counts of the block that begins at each interval; the
// series is closed to a ring.
func (s *sampleSet) blockSums(length int) [][]cell {
	n := len(s.counts)
	sums := make([][]cell, n)
	block := make([]float64, len(s.from))
	for i := range sums {
		clear(block)
		for j := range length {
			for b, c := range s.counts[(i+j)%n] {
				block[b] += c
			}
		}
		for b, c := range block {
			if c > 0 {
				sums[i] = append(sums[i], cell{b, c})
			}
		}
	}
	return sums
}

// deviations returns the standard errors of what resample returned.
func (r *run) deviations(logs [][]float64) []float64 {
	// Drawing k blocks from k understates the variance by (k−1)/k; blocks that are
	// shorter than the dependence lasts miss the part of it beyond them.
	k := r.effective()
	correction := math.Sqrt(k / math.Max(k-1, 1) * longRun(r.persistence) / withinBlocks(r.persistence, r.length))
	out := make([]float64, len(logs))
	for i := range logs {
		out[i] = deviation(logs[i]) * correction
	}
	return out
}

// multiple returns how many standard errors wide the intervals must be on either
// side to hold together with the given confidence: the quantile of the largest
// studentised deviation among the figures that are judged.
func multiple(old, new [][]float64, judged []bool, confidence float64) float64 {
	worst := make([]float64, resamples)
	for i := range judged {
		if !judged[i] {
			continue
		}
		d := make([]float64, resamples)
		mean := 0.0
		for j := range d {
			d[j] = new[i][j] - old[i][j]
			mean += d[j] / resamples
		}
		if sd := deviation(d); sd > 0 {
			for j := range d {
				worst[j] = math.Max(worst[j], math.Abs(d[j]-mean)/sd)
			}
		}
	}
	slices.Sort(worst)
	return math.Max(worst[int(math.Ceil(confidence*resamples))-1], normalQuantile(1-(1-confidence)/2))
}

// deviation is the standard deviation of values.
func deviation(values []float64) float64 {
	if len(values) < 2 {
		return math.NaN()
	}
	mean := 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	sum := 0.0
	for _, v := range values {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}

// welch is the degrees of freedom of a difference of two estimates with standard
// errors a and b from m and n blocks.
func welch(a, b, m, n float64) float64 {
	va, vb := a*a, b*b
	if va+vb == 0 {
		return m + n - 2
	}
	return (va + vb) * (va + vb) / (va*va/math.Max(m-1, 1) + vb*vb/math.Max(n-1, 1))
}
