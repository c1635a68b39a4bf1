package capacity

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// scripted gives the looks that a test wrote down, one after another; the last one again
// and again. Each takes as long as was asked for.
type scripted struct {
	looks []Look
	steps []Step
	now   time.Duration
}

func (p *scripted) Elapsed() time.Duration { return p.now }

func (p *scripted) Look(_ context.Context, s Step) Look {
	l := p.looks[min(len(p.steps), len(p.looks)-1)]
	p.steps = append(p.steps, s)
	p.now += s.Settle + s.Judged
	return l
}

// searching is a search of five minutes for a p99 that has taken looks.
func searching(looks ...Look) *search {
	return &search{c: normalise(Config{Share: 0.01, Start: 10, Time: 5 * time.Minute}), p: &scripted{looks: []Look{even(0, 32, 0)}}, looks: looks, reserve: confirmReserve}
}

// surely are looks that leave no doubt: a million requests held or missed.
func surely(held bool, rates ...float64) []Look {
	var out []Look
	for _, r := range rates {
		missed := 0.0
		if !held {
			missed = 1e6
		}
		out = append(out, even(r, 1e6, missed))
	}
	return out
}

// Where the search looks next, by what it has seen.
func TestNext(t *testing.T) {
	for name, c := range map[string]struct {
		s       *search
		ceiling float64
		max     float64
		again   float64
		kind    Kind
		rate    float64
		done    bool
		lasting string
	}{
		"first where it was told":                      {s: searching(), kind: Ramp, rate: 10},
		"twice a rate that held":                       {s: searching(surely(true, 10, 20)...), kind: Ramp, rate: 40},
		"no more than is allowed":                      {s: searching(surely(true, 10, 20)...), max: 30, kind: Ramp, rate: 30},
		"what is allowed held":                         {s: searching(surely(true, 10, 30)...), max: 30, kind: Refine, rate: 30, done: true},
		"what is allowed held, of few requests":        {s: searching(even(10, 32, 0), even(30, 32, 0)), max: 30, kind: Refine, rate: 30},
		"a quarter of a first rate that did not hold":  {s: searching(surely(false, 10)...), kind: Ramp, rate: 2.5},
		"not below the lowest":                         {s: searching(surely(false, 3)...), kind: Ramp, rate: 1},
		"not even the lowest held":                     {s: searching(surely(false, 10, 1)...), kind: Ramp, rate: 0, done: true, lasting: noRate},
		"the middle of the gap":                        {s: searching(append(surely(true, 10, 100), surely(false, 200)...)...), kind: Bracket, rate: 150},
		"a gap of just more than 5 %":                  {s: searching(append(surely(true, 100), surely(false, 105.1)...)...), kind: Bracket, rate: 103},
		"once more where a gap of less ends":           {s: searching(append(surely(true, 100), surely(false, 104.9)...)...), kind: Refine, rate: 104.9},
		"then it refines":                              {s: searching(append(surely(true, 100), surely(false, 104, 104)...)...), kind: Refine, rate: 103},
		"enough was seen":                              {s: searching(append(surely(true, 100), surely(false, 102.9, 102.9)...)...), kind: Refine, rate: 0, done: true},
		"the same again while it doubles":              {s: searching(append(surely(true, 10), surely(true, 20)...)...), again: 20, kind: Ramp, rate: 20},
		"the same again while nothing held":            {s: searching(surely(false, 20)...), again: 20, kind: Ramp, rate: 20},
		"the same again in the gap":                    {s: searching(append(surely(true, 10), surely(false, 20)...)...), again: 15, kind: Bracket, rate: 15},
		"below what unigate cannot give":               {s: searching(surely(true, 10, 20)...), ceiling: 40, kind: Bracket, rate: 30},
		"a quarter of it where nothing held":           {s: searching(), ceiling: 40, kind: Ramp, rate: 10},
		"not below the lowest even so":                 {s: searching(), ceiling: 3, kind: Ramp, rate: 1},
		"a tenth below what unigate cannot give":       {s: searching(surely(true, 90)...), ceiling: 100, done: true, kind: Bracket, lasting: "unigate's limit"},
		"just more than a tenth below it":              {s: searching(surely(true, 89.9)...), ceiling: 100, kind: Bracket, rate: 95},
		"unigate cannot give the lowest":               {s: searching(), ceiling: 1, done: true, kind: Bracket, lasting: "unigate's limit"},
		"unigate can give a little more":               {s: searching(), ceiling: 1.05, kind: Ramp, rate: 1},
		"what unigate cannot give is above the limit":  {s: searching(append(surely(true, 10), surely(false, 20)...)...), ceiling: 40, kind: Bracket, rate: 15},
		"the limit is above what unigate cannot give":  {s: searching(append(surely(true, 10), surely(false, 80)...)...), ceiling: 40, kind: Bracket, rate: 25},
		"the limit is just what unigate cannot give":   {s: searching(append(surely(true, 10), surely(false, 40)...)...), ceiling: 40, kind: Bracket, rate: 25},
		"no more than is allowed, below its own limit": {s: searching(surely(true, 10)...), ceiling: 100, max: 15, kind: Bracket, rate: 55},
	} {
		c.s.ceiling, c.s.limit = c.ceiling, "unigate's limit"
		if c.max > 0 {
			c.s.c.Max = c.max
		}
		kind, rate, done := c.s.next(c.again)
		if kind != c.kind || math.Abs(rate-c.rate) > 1e-9 || done != c.done || c.s.lasting != c.lasting {
			t.Errorf("%s: %s %v, done %t, %q", name, kind, rate, done, c.s.lasting)
		}
	}
}

// A look that missed is worth a second one where it may have been a hiccup.
func TestHiccup(t *testing.T) {
	for name, c := range map[string]struct {
		look  Look
		whole bool
		want  bool
		share float64 // 0 for 1 %
	}{
		"it held":                          {even(10, 3200, 32), false, false, 0},
		"a few missed":                     {even(10, 3200, 33), false, true, 0},
		"just less than half":              {even(10, 3200, 1599), false, true, 0},
		"half":                             {even(10, 3200, 1600), false, false, 0},
		"half, ended early":                {with(even(10, 3200, 1599), func(l *Look) { l.Cut = true }), false, false, 0},
		"one of one is no accident at 1 %": {even(10, 1, 1), false, false, 0},
		"three of four, at one in two":     {even(10, 4, 3), false, true, 0.5},
		"all of very many, at one in two":  {even(10, 3.2e6, 3.2e6), false, false, 0.5},
		"a fault":                          {with(even(10, 3200, 3200), func(l *Look) { l.Fault = "errors" }), false, true, 0},
		"of an objective of whole looks":   {even(10, 3200, 3200), true, true, 0},
		"all of very many is no accident":  {even(10, 3.2e6, 3.2e6), false, false, 0},
		"half of very many is no accident": {even(10, 3.2e6, 1.6e6), false, false, 0},
	} {
		s := searching()
		s.c.Whole = c.whole
		if c.share > 0 {
			s.c.Share = c.share
		}
		if got := s.hiccup(&c.look); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Where the interval is narrowed: 10, 5 or 2.5 % beside the estimate on the side of the
// farther end, farther off while what was seen there is not clear, and at the end of which
// less is known where nothing is left between.
func TestRefine(t *testing.T) {
	for name, c := range map[string]struct {
		looks []Look
		rate  float64
		done  bool
	}{
		// Between 100 with no miss and 105 with all of them the estimate is 100.05.
		// Between 100 with no miss and 105 with all of them the estimate is 100.05.
		"the lower end is farther":        {[]Look{even(100, 32, 0), even(105, 32, 32), even(105, 32, 32)}, 90, false},
		"the upper end is open":           {[]Look{even(100, 1e6, 0), even(105, 320, 5), even(105, 320, 5)}, 114, false},
		"what is known a tenth below":     {[]Look{even(90, 32, 0), even(100, 32, 0), even(105, 32, 32)}, 90, false},
		"it is not clear a tenth below":   {[]Look{even(90, 400, 2), even(100, 400, 3), even(105, 400, 400)}, 81, false},
		"nor a fifth below":               {[]Look{even(81, 400, 2), even(90, 400, 2), even(100, 400, 3), even(105, 400, 400)}, 72.9, false},
		"no more than five times farther": {[]Look{even(roundRate(53.1), 80, 0.4), even(59, 80, 0.4), even(roundRate(65.6), 80, 0.4), even(roundRate(72.9), 80, 0.4), even(81, 80, 0.4), even(90, 80, 0.4), even(100, 80, 0.6), even(105, 400, 400)}, 53.1, false},
		"a tenth above":                   {[]Look{even(100, 1e6, 0), even(120, 1e6, 1e6)}, 110, false},
		"a twentieth above":               {[]Look{even(100, 1e6, 0), even(110, 1e6, 1e6)}, 105, false},
		"a fortieth above":                {[]Look{even(100, 1e6, 0), even(105, 1e6, 1e6)}, 103, false},
		"just more than 3 %":              {[]Look{even(100, 1e6, 0), even(103.1, 1e6, 1e6)}, 103, false},
		"less is narrow":                  {[]Look{even(100, 1e6, 0), even(102.9, 1e6, 1e6)}, 0, true},
		"less is known of the lower end":  {[]Look{even(100, 1e5, 0), even(104, 1e6, 2e4)}, 100, false},
		"less is known of the upper end":  {[]Look{even(100, 1e6, 0), even(104, 1e5, 2e3)}, 104, false},
		"as much is known of both":        {[]Look{even(100, 1e6, 0), even(104, 1e6, 2e4)}, 100, false},
	} {
		s := searching(c.looks...)
		kind, rate, done := s.refine(s.evidence())
		if kind != Refine || math.Abs(rate-c.rate) > 1e-9 || done != c.done {
			low, high := s.interval(s.evidence())
			t.Errorf("%s: %s %v, done %t (interval %v to %v, estimate %v)", name, kind, rate, done, low, high, s.evidence().root())
		}
	}
}

// A lower end that holds for a part of the bound holds for the bound, as misses of a part
// may come in smaller clusters. Objectives of whole looks and those without a bound have
// no such parts.
func TestIntervalOfParts(t *testing.T) {
	// Ten of 32,000 in one block are a dispersion of 10/√(10/32000/0.01) = 57, which leaves no
	// doubt; of the bound above they make one of 1.5·10/√(10/32000/0.1) = 268, which does.
	for name, c := range map[string]struct {
		above [Levels]float64 // at 10/s, of 32,000
		bound time.Duration
		whole bool
		low   float64
	}{
		"the smallest part holds":        {[Levels]float64{0, 10, 10, 10, 10}, time.Second, false, 10},
		"half of the bound holds":        {[Levels]float64{0, 10, 12800, 12800, 12800}, time.Second, false, 10},
		"a quarter of it holds":          {[Levels]float64{0, 0, 10, 12800, 12800}, time.Second, false, 10},
		"without a bound":                {[Levels]float64{0, 10, 12800, 12800, 12800}, 0, false, 0},
		"whole looks":                    {[Levels]float64{0, 10, 10, 10, 10}, time.Second, true, 0},
		"no part holds beyond any doubt": {[Levels]float64{0, 320, 12800, 12800, 12800}, time.Second, false, 0},
	} {
		held, failed := even(10, 32000, 0), even(20, 32000, 32000)
		held.Blocks[3].Above = c.above
		s := searching(held, failed)
		s.c.Bound, s.c.Whole = c.bound, c.whole
		if low, high := s.interval(s.evidence()); low != c.low || high != 20 && !c.whole {
			t.Errorf("%s: %v to %v", name, low, high)
		}
	}
}

// A middle is rounded so that it reads well, unless that leaves the gap.
func TestBetween(t *testing.T) {
	for _, c := range [][3]float64{{100, 200, 150}, {352, 355, 354}, {1000, 1001, 1000.5}, {1000, 1009, 1004.5}, {1004, 1016, 1010}, {995, 1010, 1000}, {1004, 1006, 1005}, {1006, 1010, 1008}} {
		if got := between(c[0], c[1]); math.Abs(got-c[2]) > 1e-9 {
			t.Errorf("between %v and %v: %v, not %v", c[0], c[1], got, c[2])
		}
	}
}

// Rates stay within what is allowed, what unigate can give, and the lowest.
func TestClamp(t *testing.T) {
	s := searching()
	s.c.Max = 50
	for ceiling, want := range map[float64][3]float64{0: {50, 20, 1}, 40: {38, 20, 1}, 60: {50, 20, 1}} {
		s.ceiling = ceiling
		if got := [3]float64{s.clamp(100), s.clamp(20), s.clamp(0.5)}; got != want {
			t.Errorf("below %v: %v, not %v", ceiling, got, want)
		}
	}
}

// A step needs its own time and that of an answer, and once the capacity is bracketed that of two
// confirming runs.
func TestTimeFor(t *testing.T) {
	const total = 5 * time.Minute
	step := Step{Kind: Refine, Rate: 100, Settle: 2 * time.Second, Judged: 8 * time.Second}
	for name, c := range map[string]struct {
		looks []Look
		need  time.Duration
	}{
		"of the first steps":   {surely(true, 10), 11 * time.Second},
		"nothing held yet":     {surely(false, 10), 11 * time.Second},
		"once it is bracketed": {append(surely(true, 10), surely(false, 20)...), 11*time.Second + 2*(7500*time.Millisecond+30*time.Second+time.Second)},
	} {
		s := searching(c.looks...)
		s.service = time.Second
		p := s.p.(*scripted) //nolint:forcetypeassert // made above
		if p.now = total - c.need; !s.timeFor(step) {
			t.Errorf("%s: no time for it in %v", name, c.need)
		}
		if p.now++; s.timeFor(step) {
			t.Errorf("%s: time for it in less than %v", name, c.need)
		}
	}
}

// A confirming run is cut to the time that is left, down to half of it.
func TestFitOfAConfirmingRun(t *testing.T) {
	step := Step{Kind: Confirm, Rate: 100, Settle: 2 * time.Second, Judged: 8 * time.Second}
	for name, c := range map[string]struct {
		left, judged time.Duration
		fits         bool
	}{
		"more than enough":  {time.Minute, 8 * time.Second, true},
		"just enough":       {11 * time.Second, 8 * time.Second, true},
		"a little too few":  {10 * time.Second, 7 * time.Second, true},
		"half of it":        {7 * time.Second, 4 * time.Second, true},
		"less than half":    {7*time.Second - 1, 8 * time.Second, false},
		"nothing any more":  {0, 8 * time.Second, false},
		"beyond it already": {-time.Minute, 8 * time.Second, false},
	} {
		s := searching()
		s.service = time.Second
		s.p.(*scripted).now = 5*time.Minute - c.left //nolint:forcetypeassert // made so
		if got, fits := s.fit(step); got.Judged != c.judged || fits != c.fits || got.Settle != step.Settle {
			t.Errorf("%s: %+v, %t", name, got, fits)
		}
	}
}

// What unigate cannot give is the lowest rate at which three looks were spoilt, or one
// that lasts; and answers make looks longer, but not beyond what a look took.
func TestLookLearns(t *testing.T) {
	spoilt := func(reason string, lasting bool) Look {
		return with(even(0, 32, 0), func(l *Look) { l.Spoilt, l.Lasting = reason, lasting })
	}
	s := searching()
	p := &scripted{looks: []Look{spoilt("late", false)}}
	s.p = p
	for i, want := range []float64{0, 0, 100, 100} {
		if s.look(t.Context(), Step{Rate: 100}); s.ceiling != want {
			t.Errorf("spoilt %d times: %v", i+1, s.ceiling)
		}
	}
	p.looks = []Look{spoilt("descriptors", true)}
	for rate, want := range map[float64]string{100: "late", 120: "late"} {
		if s.look(t.Context(), Step{Rate: rate}); s.limit != want || s.ceiling != 100 {
			t.Errorf("at %v: %v, %q", rate, s.ceiling, s.limit)
		}
	}
	if s.look(t.Context(), Step{Rate: 80}); s.ceiling != 80 || s.limit != "descriptors" {
		t.Errorf("a lower one: %v, %q", s.ceiling, s.limit)
	}
	if n := s.spoiltAt(100); n != 5 {
		t.Errorf("%d spoilt at 100", n)
	}
	p.looks = []Look{{Service: 5 * time.Second}}
	if s.look(t.Context(), Step{Rate: 10, Settle: time.Second, Judged: 2 * time.Second}); s.service != 3*time.Second {
		t.Errorf("answers take %v", s.service)
	}
	p.looks = []Look{{Service: 2 * time.Second}}
	if s.look(t.Context(), Step{Rate: 10, Settle: time.Second, Judged: 2 * time.Second}); s.service != 3*time.Second {
		t.Errorf("a quick one: answers take %v", s.service)
	}
	p.looks = []Look{with(spoilt("late", true), func(l *Look) { l.Ended = true })}
	if s.look(t.Context(), Step{Rate: 70}); !s.ended || s.lasting != "the search was ended" || s.ceiling != 80 {
		t.Errorf("ended %t, %q, below %v", s.ended, s.lasting, s.ceiling)
	}
}

// The answer is confirmed at the rate that held where that is beyond doubt, 2 % below the
// estimate otherwise, and below that where it misses, as long as there is time.
func TestConfirm(t *testing.T) {
	known := append(surely(true, 100), surely(false, 105)...)
	unknown := []Look{even(80, 1e6, 0), even(100, 150, 0), even(105, 1e6, 1e6)}
	for name, c := range map[string]struct {
		looks []Look
		say   []Look
		max   float64
		ceil  float64
		want  float64
		rates []float64
	}{
		"nothing held":                           {looks: surely(false, 10), say: surely(true, 0)},
		"nothing failed yet":                     {looks: surely(true, 10), say: surely(true, 0)},
		"nothing failed, but no more is allowed": {looks: surely(true, 10), say: surely(true, 0), max: 10, want: 10, rates: []float64{10}},
		"nothing failed that unigate can give":   {looks: surely(true, 10), say: surely(true, 0), ceil: 20, want: 10, rates: []float64{10}},
		"beyond doubt":                           {looks: known, say: surely(true, 0), want: 100, rates: []float64{100}},
		"spoilt, then it held":                   {looks: known, say: []Look{{Spoilt: "late"}, even(0, 3200, 0)}, want: 100, rates: []float64{100, 100}},
		"in doubt":                               {looks: unknown, say: surely(true, 0), want: 98, rates: []float64{98}},
		"it missed, then it held":                {looks: known, say: []Look{even(0, 3200, 3200), even(0, 1e6, 0)}, want: 95.2, rates: []float64{100, 95.2}},
		"it ended":                               {looks: known, say: []Look{{Ended: true}}, rates: []float64{100}},
		"not below the lowest":                   {looks: append(surely(true, 1.02), surely(false, 1.05)...), say: surely(false, 0), rates: []float64{1.02}},
	} {
		s := searching(c.looks...)
		p := &scripted{looks: c.say}
		s.p, s.ceiling = p, c.ceil
		if c.max > 0 {
			s.c.Max = c.max
		}
		got := s.confirm(t.Context())
		var rates []float64
		for _, step := range p.steps {
			rates = append(rates, step.Rate)
			if step.Kind != Confirm || step.Judged != 30*time.Second {
				t.Errorf("%s: %+v", name, step)
			}
		}
		if math.Abs(got-c.want) > 1e-9 || !slices.EqualFunc(rates, c.rates, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("%s: %v after %v", name, got, rates)
		}
	}
	// Without the time for half of it there is none.
	s := searching(known...)
	s.p = &scripted{looks: surely(true, 0), now: 5*time.Minute - 22*time.Second}
	if got := s.confirm(t.Context()); got != 0 || s.p.Elapsed() != 5*time.Minute-22*time.Second {
		t.Errorf("without the time: %v", got)
	}
}

// How a search ended, by what is known then.
func TestResult(t *testing.T) {
	bracketed := append(surely(true, 100), surely(false, 103)...)
	doubtful := []Look{even(100, 32, 0), even(105, 320, 320)}
	for name, c := range map[string]struct {
		s         *search
		change    func(*search)
		confirmed float64
		outcome   Outcome
		rate      float64
		low, high float64
		reason    string
	}{
		"found":                         {s: searching(bracketed...), confirmed: 100, outcome: Found, rate: 100, low: 100, high: 103},
		"confirmed below the interval":  {s: searching(bracketed...), confirmed: 98, outcome: Found, rate: 98, low: 98, high: 103},
		"confirmed at its upper end":    {s: searching(bracketed...), confirmed: 103, outcome: Found, rate: 103, low: 100, high: 103},
		"confirmed above the interval":  {s: searching(bracketed...), confirmed: 104, outcome: Open, rate: 100, low: 100, high: 103, reason: "before a rate was confirmed"},
		"not confirmed":                 {s: searching(bracketed...), outcome: Open, rate: 100, low: 100, high: 103, reason: "before a rate was confirmed"},
		"the lower end is open":         {s: searching(doubtful...), confirmed: 100, outcome: Open, rate: 100, high: 105, reason: "too few requests to tell it surely"},
		"the upper end is open":         {s: searching(even(100, 1e6, 0), even(105, 32, 1)), confirmed: 100, outcome: Open, rate: 100, low: 100, high: math.Inf(1), reason: "too few requests to tell it surely"},
		"nothing failed":                {s: searching(surely(true, 10)...), outcome: Open, rate: 10, low: 10, high: math.Inf(1), reason: unbracketed},
		"nothing failed at the lowest":  {s: searching(even(1, 32, 0)), outcome: Open, rate: 1, high: math.Inf(1), reason: unbracketed},
		"the lowest held, in doubt":     {s: searching(even(1, 32, 0), even(2, 320, 320)), confirmed: 1, outcome: Open, rate: 1, high: 2, reason: "too few requests to tell it surely"},
		"nothing held":                  {s: searching(surely(false, 10)...), outcome: Open, high: 10, reason: unbracketed},
		"nothing was seen":              {s: searching(), outcome: Open, high: math.Inf(1), reason: unbracketed},
		"no rate held":                  {s: searching(surely(false, 1)...), change: func(s *search) { s.lasting = noRate }, outcome: NoRate, high: 1, reason: noRate},
		"what is allowed held":          {s: searching(surely(true, 10)...), change: func(s *search) { s.c.Max = 10 }, confirmed: 10, outcome: AtMax, rate: 10, low: 10, high: math.Inf(1), reason: "the highest rate that is allowed held"},
		"what is allowed held once":     {s: searching(surely(true, 10)...), change: func(s *search) { s.c.Max = 10 }, outcome: Open, rate: 10, low: 10, high: math.Inf(1), reason: unbracketed},
		"the most that unigate tries":   {s: searching(surely(true, 1e6)...), confirmed: 1e6, outcome: LowerBound, rate: 1e6, low: 1e6, high: math.Inf(1), reason: "unigate tries no higher rate"},
		"unigate was the limit":         {s: searching(surely(true, 10)...), change: func(s *search) { s.ceiling, s.limit = 20, "late" }, confirmed: 10, outcome: LowerBound, rate: 10, low: 10, high: math.Inf(1), reason: "late"},
		"unigate was it before":         {s: searching(bracketed...), change: func(s *search) { s.ceiling, s.limit = 102, "late" }, confirmed: 100, outcome: LowerBound, rate: 100, low: 100, high: math.Inf(1), reason: "late"},
		"unigate was it where it ended": {s: searching(bracketed...), change: func(s *search) { s.ceiling, s.limit = 103, "late" }, confirmed: 100, outcome: Found, rate: 100, low: 100, high: 103},
		"unigate was it from the start": {s: searching(surely(false, 2)...), change: func(s *search) { s.ceiling, s.limit = 1, "late" }, outcome: Open, high: math.Inf(1), reason: "late"},
		"ended":                         {s: searching(bracketed...), change: func(s *search) { s.ended, s.lasting = true, "the search was ended" }, confirmed: 100, outcome: Ended, rate: 100, low: 100, high: 103, reason: "the search was ended"},
	} {
		if c.change != nil {
			c.change(c.s)
		}
		r := c.s.result(c.confirmed)
		if r.Outcome != c.outcome || r.Rate != c.rate || r.Low != c.low || r.High != c.high || r.Confirmed != (c.confirmed > 0 && name != "confirmed above the interval") ||
			(c.reason == "") != (r.Reason == "") || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s: %v %v (%v to %v), confirmed %t, %q", name, r.Outcome, r.Rate, r.Low, r.High, r.Confirmed, r.Reason)
		}
	}
	curve := searching(even(20, 3200, 64), even(10, 320, 0), even(10, 320, 0)).result(0).Curve
	if !slices.Equal(curve, []Point{{10, 2, 640, 0, 0}, {20, 1, 3200, 64, 0.02}}) {
		t.Errorf("the curve is %+v", curve)
	}
}

// How long a search would close the interval about: 1.96² clusters' worth of requests over
// twice the share, at the rate that held, half of that for clusters, and twice that time.
func TestUnsure(t *testing.T) {
	s := searching()
	for _, c := range []struct {
		held, dispersion float64
		want             string
	}{
		{1, 1, "too few requests to tell it surely; give a --duration of about 12m0s"}, // 192 requests, 384 s
		{1, 2, "too few requests to tell it surely; give a --duration of about 19m0s"}, // 384 requests, 768 s
		{10, 20, "slow answers come in clusters of about 20, so that this took too few requests to tell it surely; give a --duration of about 12m0s"},
	} {
		e := &evidence{model: model{share: 0.01, dispersion: c.dispersion}, groups: []group{{rate: c.held, n: 100, looks: 1}}}
		if got := s.unsure(e); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

// What was left open is filled in.
func TestNormalise(t *testing.T) {
	for name, c := range map[string]struct{ c, want Config }{
		"all was said":            {Config{Share: 0.05, Start: 20, Max: 100}, Config{Share: 0.05, Start: 20, Max: 100}},
		"no share":                {Config{Start: 20, Max: 100}, Config{Whole: true, Share: 0.5, Start: 20, Max: 100}},
		"whole looks":             {Config{Whole: true, Share: 0.01, Start: 20, Max: 100}, Config{Whole: true, Share: 0.5, Start: 20, Max: 100}},
		"no bound of the rate":    {Config{Share: 0.05, Start: 20}, Config{Share: 0.05, Start: 20, Max: 1e6}},
		"more than unigate gives": {Config{Share: 0.05, Start: 20, Max: 2e6}, Config{Share: 0.05, Start: 20, Max: 1e6}},
		"below the lowest":        {Config{Share: 0.05, Max: 100}, Config{Share: 0.05, Start: 1, Max: 100}},
		"above what is allowed":   {Config{Share: 0.05, Start: 200, Max: 100}, Config{Share: 0.05, Start: 100, Max: 100}},
	} {
		if got := normalise(c.c); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What missed before anything held is looked at again, once: a target that was not warm
// yet then has the capacity that it shows later.
func TestColdTarget(t *testing.T) {
	missed := func(rate float64) Look { return Look{Step: Step{Rate: rate}, Fault: "cold"} }
	held := func(rate float64) Look {
		return Look{Step: Step{Rate: rate, Judged: time.Second}, Blocks: []Block{{Requests: 1000}}}
	}
	for name, c := range map[string]struct {
		looks []Look
		rate  float64
		early bool
	}{
		"nothing was seen":         {nil, 10, false},
		"missed, and nothing held": {[]Look{missed(10)}, 10, true},
		"missed before":            {[]Look{missed(10), held(2)}, 10, true},
		"missed twice before":      {[]Look{missed(10), missed(10), held(2)}, 10, false},
		"missed before and after":  {[]Look{missed(10), held(2), missed(10)}, 10, false},
		"missed after":             {[]Look{held(2), missed(10)}, 10, false},
		"spoilt before":            {[]Look{{Step: Step{Rate: 10}, Spoilt: "late"}, held(2)}, 10, false},
	} {
		s := &search{c: normalise(Config{Share: 0.01}), looks: c.looks}
		if got := s.early(c.rate); got != c.early {
			t.Errorf("%s: early %t", name, got)
		}
	}
	s := &search{c: normalise(Config{Share: 0.01}), looks: []Look{missed(10), missed(3), held(1), missed(20), held(3)}}
	if s.forget(); len(s.looks) != 3 || s.looks[0].Rate != 1 || s.looks[1].Rate != 20 {
		t.Errorf("%+v are left", s.looks)
	}
	s.looks = []Look{missed(10)}
	if s.forget(); len(s.looks) != 1 {
		t.Error("nothing held, and all is forgotten")
	}
}
