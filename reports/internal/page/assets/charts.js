"use strict";
// Charts by uPlot. Every chart is described in the data: {id, kind, labels, x, y,
// dashes, bands, unit}. The tables of the page say the same in words.
function color(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

const palette = ["--c1", "--c2", "--c3", "--c4", "--c5"];
const drawn = [];

// percentileTicks are the marks of a percentile axis, x being -log10(1-q).
function percentileLabel(x) {
  const q = 100 * (1 - Math.pow(10, -x));
  return (x === 0 ? "0" : q.toFixed(Math.max(0, Math.round(x) - 2)).replace(/\.0+$/, "")) + " %";
}

// widthOf makes the y axis as wide as its longest label, the ticks and the gaps.
function widthOf(u, values, axisIndex) {
  const axis = u.axes[axisIndex];
  u.ctx.save();
  u.ctx.font = axis.font[0]; // in pixels of the screen
  const longest = Math.max(0, ...(values || []).map(v => u.ctx.measureText(v).width));
  u.ctx.restore();
  return Math.max(48, Math.ceil(longest / devicePixelRatio) + axis.ticks.size + axis.gap + 4);
}

// xUnit is what the x axis counts: seconds, or requests per second.
function xUnit(chart) { return chart.kind === "rate" ? "/s" : " s"; }

// runName says which run an x of a chart over runs stands for.
function runName(chart, v) { return (chart.names || [])[Math.round(v) - 1] || String(v); }

function axes(chart) {
  const line = {stroke: color("--muted"), grid: {stroke: color("--line"), width: 1}, ticks: {stroke: color("--line")}, font: "12px system-ui, sans-serif"};
  const x = Object.assign({}, line, {space: 60});
  if (chart.kind === "percentiles") {
    x.splits = (u, axis, min, max) => { const out = []; for (let i = 0; i <= max; i++) out.push(i); return out; };
    x.values = (u, splits) => splits.map(percentileLabel);
  } else if (chart.kind === "runs") {
    // Whole numbers only, those of the runs; their dates are in the legend.
    x.incrs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
    x.values = (u, splits) => splits.map(v => Number.isInteger(v) && chart.names[v - 1] ? runName(chart, v).split(",")[0].replace("run ", "#") : "");
  } else {
    x.values = (u, splits) => splits.map(v => v + xUnit(chart));
  }
  const y = Object.assign({}, line, {size: widthOf, values: (u, splits) => splits.map(v => v == null ? "" : v + (chart.unit ? " " + chart.unit : ""))});
  return [x, y];
}

function series(chart) {
  const name = {percentiles: "percentile", rate: "rate", runs: "run"}[chart.kind] || "time";
  const show = chart.kind === "runs" ? (u, v) => v == null ? "–" : runName(chart, v) : chart.kind === "percentiles" ? (u, v) => v == null ? "–" : (100 * (1 - Math.pow(10, -v))).toFixed(3) + " %" : (u, v) => v == null ? "–" : v + xUnit(chart);
  const out = [{label: name, value: show}];
  chart.labels.forEach((label, i) => {
    const c = color(palette[(chart.colors ? chart.colors[i] : i) % palette.length]);
    out.push({
      label, stroke: c, width: chart.bounds && chart.bounds[i] ? 0 : 1.5, dash: chart.dashes && chart.dashes[i] ? [6, 4] : undefined, spanGaps: false,
      points: {show: !(chart.bounds && chart.bounds[i]) && (chart.x.length < 3 || chart.kind === "rate" || chart.kind === "runs" && chart.x.length <= 120)}, value: (u, v, s, i) => v == null ? "–" : (chart.least && i != null && (chart.least[s - 1] || [])[i] ? "≥ " : "") + (Math.round(v * 1000) / 1000) + (chart.unit ? " " + chart.unit : ""),
    });
  });
  return out;
}

function bands(chart) {
  return (chart.bands || []).map(b => ({series: [b[0] + 1, b[1] + 1], fill: color(palette[b[2] % palette.length]) + "2e"}));
}

// marker fills the legend's marker with a piece of the line, dashed where that is.
function marker(u, i) {
  const s = u.series[i], c = s.stroke(u, i), [on, off] = s.dash || [1, 0];
  return `repeating-linear-gradient(90deg, ${c} 0 ${on}px, transparent ${on}px ${on + off}px)`;
}

// hideBounds takes the lines that only bound a band out of the legend.
function hideBounds(u, chart) {
  u.root.querySelectorAll(".u-legend .u-series").forEach((row, i) => { row.hidden = Boolean(chart.bounds && chart.bounds[i - 1]); });
}

function drawChart(chart) {
  const box = byId(chart.id);
  if (!box || chart.x.length === 0) return;
  box.textContent = "";
  const u = new uPlot({
    width: Math.max(260, box.clientWidth), height: 260, series: series(chart), axes: axes(chart), bands: bands(chart),
    scales: {x: {time: false}, y: {range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1]}},
    cursor: {drag: {x: true, y: false}},
    legend: {live: true, markers: {width: 0, fill: marker}},
    hooks: {ready: [u => hideBounds(u, chart)]},
  }, [chart.x, ...chart.y], box);
  drawn.push({box, u, chart});
}

function drawCharts() {
  for (const d of drawn.splice(0)) d.u.destroy();
  for (const chart of data.charts || []) {
    const pick = byId(chart.id + "-of");
    drawChart(pick && chart.variants ? Object.assign({}, chart, chart.variants[pick.value] || {}) : chart);
  }
}

for (const box of document.querySelectorAll(".charts")) box.hidden = false; // they stay away where scripts do not run
drawCharts();
for (const chart of data.charts || []) {
  const pick = byId(chart.id + "-of");
  if (pick) pick.addEventListener("change", drawCharts);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
// A sheet is narrower than most windows.
addEventListener("beforeprint", () => { for (const d of drawn) d.u.setSize({width: 320, height: 200}); });
addEventListener("afterprint", () => { for (const d of drawn) d.u.setSize({width: Math.max(260, d.box.clientWidth), height: 260}); });
let resizing = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(() => {
    for (const d of drawn) d.u.setSize({width: Math.max(260, d.box.clientWidth), height: 260});
  });
});
