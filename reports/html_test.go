package reports

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/unigate/unigate/internal/record"
	"github.com/unigate/unigate/reports/compare"
	"github.com/unigate/unigate/reports/internal/browser"
	"github.com/unigate/unigate/reports/internal/sample"
	"github.com/unigate/unigate/reports/trend"
)

// htmlFile draws a run into a file.
func htmlFile(t *testing.T, run *record.Run) string {
	t.Helper()
	b, err := Draw("html", run, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return writeTemp(t, b)
}

// writeTemp writes a page into a file.
func writeTemp(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// comparedPage is a comparison with changes of every kind.
func comparedPage(t *testing.T) []byte {
	t.Helper()
	old, new := sample.Run(), sample.Run()
	old.Load, new.Load = sample.Load(sample.Options{Seed: 3}), sample.Load(sample.Options{Seed: 4, Factor: 1.3})
	old.Conformance.Requirements[1].State = record.Pass
	old.Behaviour.Traits["oauth.success.expires_in"] = []string{"3600"}
	r, err := compare.Compare(old, new, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := CompareHTML(old, new, r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// trendPage is the trend of thirty real runs, which .ci/history makes.
func trendPage(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "trend.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r trend.Result
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	page, err := TrendHTML(&r)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// Without a browser: one file, a strict policy, and nothing of the record as markup.
func TestHTMLIsSelfContained(t *testing.T) {
	run, err := Draw("html", sample.Run(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]string{"run": string(run), "compare": string(comparedPage(t)), "trend": string(trendPage(t))} {
		for _, want := range []string{"<!doctype html>", "default-src &#39;none&#39;", "script-src &#39;sha256-", `<html lang="en">`} {
			if !strings.Contains(b, want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
		for _, bad := range []string{"<script>alert", "<img", "unsafe-inline", "\x1b", "\u202e", "\x00"} {
			if strings.Contains(b, bad) {
				t.Errorf("%s: has %q", name, bad)
			}
		}
		if m := regexp.MustCompile(`(src|href|action)="(https?:)?//[^"]*"`).FindString(b); m != "" {
			t.Errorf("%s: refers to the network: %s", name, m)
		}
		if m := regexp.MustCompile(`<[a-z][^>]* (style|on[a-z]+)="`).FindString(b[strings.Index(b, "</head>"):strings.Index(b, `<script type="application/json"`)]); m != "" {
			t.Errorf("%s: inline style or handler: %s", name, m)
		}
	}
}

// Where nothing was due, after the plan's end, there is no latency to draw.
func TestLateAnswersDrawNoLatency(t *testing.T) {
	l := sample.Load(sample.Options{Seconds: 5})
	l.Series = append(l.Series, record.Point{TS: 5, WidthS: 1, Sent: 7, Completed: 7, LatencyHistograms: map[string]string{}})
	charts, err := loadCharts(l)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range charts[0].Y {
		if len(line) != 6 || line[4] == nil || line[5] != nil {
			t.Errorf("the line is %v", line)
		}
	}
	for i, want := range []float64{0, 7, 7} {
		if got := charts[1].Y[i][5]; *got != want {
			t.Errorf("%s: %v/s after the plan", charts[1].Labels[i], *got)
		}
	}
}

// In Chromium, at three widths and in both schemes: a quiet console, no request,
// every chart drawn, nothing wider than the window. In short runs not each width in each scheme.
func TestHTMLInChromium(t *testing.T) {
	b := browser.Start(t)
	pages := map[string]struct {
		path   string
		charts int
	}{
		"run":     {htmlFile(t, sample.Run()), 6}, // with latency over rate, as the sample searched for a capacity
		"parts":   {htmlFile(t, someParts(t)), 5},
		"compare": {writeTemp(t, comparedPage(t)), 2},
		"trend":   {writeTemp(t, trendPage(t)), 2}, // one search makes no line
	}
	for name, k := range pages {
		for _, width := range []int{360, 768, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				if testing.Short() && (width == 768 || (width == 360) != (scheme == "dark")) {
					continue
				}
				t.Run(fmt.Sprintf("%s-%d-%s", name, width, scheme), func(t *testing.T) {
					p := b.Open(k.path, width, 900, scheme)
					var got struct {
						Ready    string
						Charts   int
						Ink      bool
						Overflow int
						Dark     bool
					}
					p.Eval(`({ready: document.documentElement.dataset.ready, charts: document.querySelectorAll(".uplot canvas").length,
						ink: [...document.querySelectorAll(".uplot canvas")].every(c => c.width > 100 && new Set(c.getContext("2d").getImageData(0, 0, c.width, c.height).data).size > 8),
						overflow: document.documentElement.scrollWidth - innerWidth,
						dark: getComputedStyle(document.body).backgroundColor === "rgb(13, 17, 23)"})`, &got)
					if got.Ready != "true" || got.Charts != k.charts || !got.Ink || got.Overflow > 0 || got.Dark != (scheme == "dark") {
						t.Errorf("got %+v, want %d charts", got, k.charts)
					}
					if noise := p.Noise(); len(noise) > 0 {
						t.Errorf("not quiet: %s", strings.Join(noise, "\n"))
					}
					if p.Screenshot() == "" {
						t.Error("no screenshot")
					}
				})
			}
		}
	}
}

// Labels of up to six digits fit into the axis, and the first label of a chart does
// not touch the edge at which it would be cut.
func TestChartLabelsFit(t *testing.T) {
	b := browser.Start(t)
	for name, factor := range map[string]float64{"ms": 0, "seconds": 100, "minutes": 5000} {
		run := sample.Run()
		run.Load = sample.Load(sample.Options{Factor: factor})
		for _, width := range []int{360, 1280} {
			if testing.Short() && (width == 360) != (name == "minutes") {
				continue // the narrowest for the longest labels
			}
			p := b.Open(htmlFile(t, run), width, 900, "light")
			var got []struct {
				Labels       int
				Room, Needed float64
				Longest      string
			}
			p.Eval(`drawn.map(({u}) => {
				const axis = u.axes[1], c = u.ctx, to = u.bbox.left / devicePixelRatio;
				c.font = axis.font[0];
				const labels = axis.values(u, u.axes[1]._splits), widths = labels.map(l => c.measureText(l).width / devicePixelRatio);
				const most = Math.max(...widths);
				return {labels: labels.length, room: to - axis.ticks.size - axis.gap, needed: most, longest: labels[widths.indexOf(most)]};
			})`, &got)
			if len(got) != 5 {
				t.Fatalf("%s, %d: %d charts", name, width, len(got))
			}
			for i, a := range got {
				if a.Labels < 2 || a.Needed <= 0 || a.Needed > a.Room {
					t.Errorf("%s, %d, chart %d: got %+v", name, width, i, a)
				}
			}
			if name == "minutes" && len(got[0].Longest) != len("100000 ms") {
				t.Errorf("the longest label is %s", got[0].Longest)
			}
		}
	}
}

// On a phone the figures are cards, and none of them is beside the window; on a
// tablet all columns of the tables are in it.
func TestFiguresAreInTheWindow(t *testing.T) {
	b := browser.Start(t)
	for name, path := range map[string]string{"run": htmlFile(t, sample.Run()), "compare": writeTemp(t, comparedPage(t)), "trend": writeTemp(t, trendPage(t))} {
		for _, width := range []int{360, 768, 1280} {
			if testing.Short() && (width == 360) != (name == "run") {
				continue
			}
			var beside []string
			b.Open(path, width, 900, "light").Eval(`(document.querySelectorAll("details").forEach(d => d.open = true),
				[...document.querySelectorAll("table.cards tbody tr > *")].filter(c => c.getBoundingClientRect().right > c.closest(".scroll").getBoundingClientRect().right + 0.5 ||
					c.scrollWidth > c.clientWidth + 1).map(c => c.textContent))`, &beside)
			if len(beside) > 0 {
				t.Errorf("%s, %d: out of the window: %q", name, width, beside)
			}
		}
	}
}

// The legend of a chart over runs names its lines and not the ends of their intervals,
// and the run under the pointer.
func TestTrendChartNamesRuns(t *testing.T) {
	var got struct {
		Lines []string
		Run   string
	}
	p := browser.Start(t).Open(writeTemp(t, trendPage(t)), 1280, 900, "light")
	p.Eval(`(drawn[1].u.setCursor({left: drawn[1].u.bbox.width, top: 10}), 0)`, nil)
	p.Frames()
	p.Eval(`({lines: [...document.querySelectorAll("#chart-trend-latency .u-series")].filter(s => s.offsetParent).map(s => s.querySelector(".u-label").textContent),
		run: document.querySelector("#chart-trend-latency .u-series .u-value").textContent})`, &got)
	if strings.Join(got.Lines, " ") != "run p50 p95 p99" || !strings.HasPrefix(got.Run, "run 29, 20") || !strings.HasSuffix(got.Run, "edition 26") {
		t.Errorf("got %+v", got)
	}
}

// The legend tells the lines of the two runs apart.
func TestLegendShowsDashes(t *testing.T) {
	var got map[string]bool
	browser.Start(t).Open(writeTemp(t, comparedPage(t)), 1280, 900, "light").Eval(`Object.fromEntries([...document.querySelectorAll(".u-series")].slice(1)
		.filter(s => / (old|new)$/.test(s.querySelector(".u-label").textContent))
		.map(s => [s.querySelector(".u-label").textContent, /6px.*10px/.test(getComputedStyle(s.querySelector(".u-marker")).backgroundImage)]))`, &got)
	if len(got) != 8 {
		t.Errorf("got %v", got)
	}
	for label, dashed := range got {
		if dashed != strings.HasSuffix(label, " old") {
			t.Errorf("%s: dashed %v", label, dashed)
		}
	}
}

// By keyboard alone: filter the requirements, unfold one, open its scenario, copy
// its curl line.
func TestHTMLByKeyboard(t *testing.T) {
	p := browser.Start(t).Open(htmlFile(t, sample.Run()), 1280, 900, "light")
	shown := func() (n int) {
		p.Eval(`[...document.querySelectorAll("tr.req")].filter(r => !r.hidden).length`, &n)
		return n
	}
	p.Press("Tab")
	p.Press("Enter") // the link that skips to the content
	p.Eval(`document.getElementById("req-text").focus()`, nil)
	p.Type("expiry")
	p.Frames()
	if n := shown(); n != 3 {
		t.Errorf("%d requirements match the text, want 3", n)
	}
	p.Press("Tab") // level
	p.Type("d")    // documented
	p.Frames()
	if n := shown(); n != 2 {
		t.Errorf("%d requirements match text and level, want 2", n)
	}
	p.Press("Tab") // state
	p.Type("f")
	p.Frames()
	var left struct{ IDs, Count string }
	p.Eval(`({ids: [...document.querySelectorAll("tr.req")].filter(r => !r.hidden).map(r => r.cells[0].textContent).join(), count: document.getElementById("req-count").textContent})`, &left)
	if left.IDs != "LOGIN-09" || left.Count != "1 of 10 requirements shown" {
		t.Errorf("got %+v", left)
	}
	p.Press("Tab")
	p.Press("Enter") // unfold the requirement
	p.Press("Tab")
	p.Press("Enter") // open its scenario
	p.Frames()
	var seen struct {
		Expanded, Focus string
		Text            string
		Injected        bool
	}
	p.Eval(`({expanded: document.querySelector('button[data-id="LOGIN-09"]').getAttribute("aria-expanded"), focus: document.activeElement.tagName,
		text: document.querySelector("tr.below details.scenario").textContent, injected: !!document.querySelector("main img, main script")})`, &seen)
	if seen.Expanded != "true" || seen.Focus != "SUMMARY" || seen.Injected {
		t.Errorf("got %+v", seen)
	}
	for _, want := range []string{"expected", "Invalid expiry", "curl --silent", "</script><script>alert(1)", `\u202e`} {
		if !strings.Contains(seen.Text, want) {
			t.Errorf("the scenario does not show %q: %s", want, seen.Text)
		}
	}
	if noise := p.Noise(); len(noise) > 0 {
		t.Errorf("not quiet: %s", strings.Join(noise, "\n"))
	}
}

// What a button, link, summary or field shows is part of its accessible name (WCAG 2.5.3),
// once everything that scripts make is there.
func TestNamesHoldWhatIsShown(t *testing.T) {
	b := browser.Start(t)
	for name, path := range map[string]string{"run": htmlFile(t, sample.Run()), "compare": writeTemp(t, comparedPage(t)), "trend": writeTemp(t, trendPage(t))} {
		p := b.Open(path, 1280, 900, "light")
		p.Eval(`(document.querySelectorAll("#requirements button").forEach(b => b.click()), document.querySelectorAll("details.scenario").forEach(d => d.open = true), 0)`, nil)
		p.Frames()
		var names []struct{ Shown, Name string }
		for _, n := range p.Named("button", "link", "DisclosureTriangle", "combobox", "searchbox") {
			names = append(names, struct{ Shown, Name string }{n.Shown, n.Name})
		}
		buttons := 0
		for _, n := range names {
			if n.Name == "" || !strings.Contains(strings.ToLower(strings.Join(strings.Fields(n.Name), " ")), strings.ToLower(strings.Join(strings.Fields(n.Shown), " "))) {
				t.Errorf("%s: shows %q, and is called %q", name, n.Shown, n.Name)
			}
			buttons++
		}
		if buttons < 5 {
			t.Errorf("%s: only %d controls", name, buttons)
		}
	}
}

// Without scripts, as where Jenkins' content security policy forbids them, the page has the
// failures with their evidence, every scenario, and the figures of the charts; nothing that
// needs scripts is shown.
func TestHTMLWithoutScripts(t *testing.T) {
	var got struct {
		Failures, Scenarios, Rows int
		Evidence                  bool
		Dead                      []string
	}
	p := browser.Start(t).OpenWithoutScripts(htmlFile(t, sample.Run()), 1280, 900)
	p.Eval(`({failures: document.querySelectorAll(".failure").length, scenarios: document.querySelectorAll("#scenario-table tbody tr").length,
		rows: document.querySelectorAll("details.series tbody tr").length, evidence: document.querySelector(".failure pre").textContent.includes("curl"),
		dead: [...document.querySelectorAll("button, input, select")].filter(e => e.checkVisibility()).map(e => e.outerHTML)})`, &got)
	if got.Failures != 6 || got.Scenarios != 10 || got.Rows == 0 || !got.Evidence || len(got.Dead) > 0 {
		t.Errorf("got %+v", got)
	}
}

// What is printed has every scenario, not the first page of a list, and nothing unfolded is missing.
func TestPrintHasAll(t *testing.T) {
	p := browser.Start(t).Open(htmlFile(t, sample.Run()), 1280, 900, "dark")
	var got struct{ Rows, Closed, After int }
	p.Eval(`(dispatchEvent(new Event("beforeprint")), {rows: document.querySelectorAll("#scenario-table tbody tr").length, closed: [...document.querySelectorAll("main > details")].filter(d => !d.open).length})`, &got)
	if got.Rows != 10 || got.Closed != 0 {
		t.Errorf("got %+v", got)
	}
	p.Eval(`(dispatchEvent(new Event("afterprint")), {after: document.querySelectorAll("#scenario-table tbody tr").length})`, &got)
	if got.After != 0 {
		t.Errorf("after printing: %+v", got)
	}
}

// Ten thousand scenarios are in the page, and a hundred of them in its tree. In short runs two thousand.
func TestHTMLWithTenThousandScenarios(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 2000
	}
	run := sample.Verify()
	one := run.Conformance.Scenarios[0]
	for i := range many - len(run.Conformance.Scenarios) {
		s := one
		s.ID, s.Name = fmt.Sprintf("features/many.feature:%d", i), fmt.Sprintf("Scenario number %d", i)
		run.Conformance.Scenarios = append(run.Conformance.Scenarios, s)
	}
	p := browser.Start(t).Open(htmlFile(t, run), 1280, 900, "light")
	var got struct {
		Listed, Elements int
		Count            string
	}
	look := `({listed: document.querySelectorAll("#scenario-list > details").length, elements: document.querySelectorAll("*").length, count: document.getElementById("scenario-count").textContent})`
	p.Eval(look, &got)
	if got.Listed != 100 || got.Elements > 3000 || got.Count != fmt.Sprintf("%d of %d scenarios match, 100 listed", many, many) {
		t.Errorf("got %+v", got)
	}
	p.Eval(`document.getElementById("scenario-text").focus()`, nil)
	p.Type("number 9999")
	p.Frames()
	p.Eval(look, &got)
	if !strings.HasPrefix(got.Count, "0 of") {
		t.Errorf("got %+v", got)
	}
}
