"use strict";
// The filters of the requirements, and the scenarios, which are made on demand so
// that a report of ten thousand opens at once.
const scenarios = data.scenarios || [];
const byRequirement = new Map();
for (const s of scenarios) {
  for (const id of s.requirements || []) {
    if (!byRequirement.has(id)) byRequirement.set(id, []);
    byRequirement.get(id).push(s);
  }
}

function field(list, name, value) {
  if (value) list.append(el("dt", {}, name), el("dd", {}, visible(value)));
}

function message(m, mark) {
  const lines = [];
  if (m.method) lines.push(m.method + " " + m.url);
  if (m.status) lines.push((m.proto || "HTTP") + " " + m.status);
  for (const h of m.headers || []) lines.push(h.name + ": " + h.value);
  if (m.body) lines.push("", m.body);
  if (m.truncated) lines.push("(the body went on)");
  return el("pre", {tabindex: "0", role: "region", "aria-label": mark}, visible(lines.join("\n")));
}

function exchange(e) {
  const status = e.response ? "HTTP " + e.response.status : visible(e.error || "no answer");
  const d = el("details", {}, el("summary", {}, e.wrong ? badge("wrong") : "", ` ${e.request.method} request: ${status}, ${ms(e.duration_s)} ms` + (e.attempts > 1 ? `, ${e.attempts} attempts` : "")));
  d.addEventListener("toggle", () => {
    if (d.childElementCount > 1) return;
    d.append(message(e.request, "request"));
    if (e.error) d.append(el("p", {}, "Error: " + visible(e.error)));
    if (e.response) d.append(message(e.response, "response"));
  });
  return [e.curl ? el("div", {class: "curl"}, el("pre", {tabindex: "0", role: "region", "aria-label": "curl line"}, visible(e.curl)), copier(e.curl)) : null, d];
}

function scenarioBody(s) {
  const body = el("div", {}, el("p", {class: "place"}, visible((s.requirements || []).join(", ") + (s.requirements && s.requirements.length ? " · " : "") + (s.file || s.feature) + ":" + s.line + " · " + ms(s.duration_s) + " ms")));
  if (s.reason) body.append(el("p", {}, visible(s.reason)));
  if (s.attempts) body.append(el("p", {}, "Repetitions: " + s.attempts.join(", ")));
  const steps = el("ol", {class: "steps"});
  for (const st of s.steps || []) {
    const item = el("li", {}, badge(st.state), " ", el("span", {}, visible(((st.keyword || "").trim() + " " + st.text).trim())));
    if (st.error || st.expected || st.observed) {
      const diff = el("dl", {class: "diff"});
      field(diff, "error", st.error);
      field(diff, "expected", st.expected);
      field(diff, "observed", st.observed);
      item.append(diff);
    }
    steps.append(item);
  }
  body.append(steps);
  for (const n of s.notes || []) body.append(el("p", {class: "why"}, "Note: " + visible(n)));
  for (const e of s.exchanges || []) body.append(...exchange(e).filter(Boolean));
  return body;
}

function scenarioItem(s) {
  const d = el("details", {class: "scenario"}, el("summary", {}, badge(s.state), " ", visible(s.name)));
  d.addEventListener("toggle", () => { if (d.childElementCount < 2) d.append(scenarioBody(s)); });
  return d;
}

// What a page without scripts shows in place of what scripts make: the list of all
// scenarios. It comes back for the printer, which cannot unfold anything.
const plainTable = byId("scenario-table"), plainBody = plainTable && plainTable.firstElementChild;
if (plainBody) plainBody.remove();
for (const f of document.querySelectorAll(".filters")) f.hidden = false;
for (const cell of document.querySelectorAll("#requirements td[data-id]")) {
  const n = cell.textContent;
  cell.textContent = "";
  cell.append(el("button", {type: "button", class: "small", "data-id": cell.dataset.id, "aria-expanded": "false"},
    n + " ", el("span", {class: "unseen"}, (n === "1" ? "scenario" : "scenarios") + " of " + cell.dataset.id + " "), el("span", {"aria-hidden": "true"}, "▾")));
}

const opened = [];
addEventListener("beforeprint", () => {
  if (plainBody) { plainTable.append(plainBody); byId("scenario-list").hidden = true; }
  for (const d of document.querySelectorAll("main > details:not([open]), main .charts ~ details:not([open]), li > details:not([open])")) { d.open = true; opened.push(d); }
});
addEventListener("afterprint", () => {
  if (plainBody) { plainBody.remove(); byId("scenario-list").hidden = false; }
  for (const d of opened.splice(0)) d.open = false;
});

// Requirements: filter rows that are in the page, unfold their scenarios below.
function filterRequirements() {
  const text = byId("req-text").value.toLowerCase(), level = byId("req-level").value, state = byId("req-state").value;
  let shown = 0, all = 0;
  for (const body of document.querySelectorAll("#requirements tbody")) {
    let some = false;
    for (const row of body.querySelectorAll("tr.req")) {
      all++;
      const match = (!level || row.dataset.level === level) && (!state || row.dataset.state === state) && row.textContent.toLowerCase().includes(text);
      row.hidden = !match;
      const below = row.nextElementSibling;
      if (below && below.classList.contains("below")) below.hidden = !match || row.querySelector("button").getAttribute("aria-expanded") !== "true";
      if (match) { shown++; some = true; }
    }
    body.querySelector("tr.group").hidden = !some;
  }
  byId("req-count").textContent = `${shown} of ${all} requirements shown`;
}

function unfold(button) {
  const row = button.closest("tr"), open = button.getAttribute("aria-expanded") !== "true";
  let below = row.nextElementSibling;
  if (!below || !below.classList.contains("below")) {
    below = el("tr", {class: "below"}, el("td", {colspan: "5", class: "wide"}, (byRequirement.get(button.dataset.id) || []).map(scenarioItem)));
    row.after(below);
  }
  below.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
}

if (byId("requirements")) {
  for (const id of ["req-text", "req-level", "req-state"]) byId(id).addEventListener("input", filterRequirements);
  byId("requirements").addEventListener("click", e => { const b = e.target.closest("button[data-id]"); if (b) unfold(b); });
  filterRequirements();
}

// Scenarios: a page of them at a time.
const pageSize = 100;
let found = [], listed = 0;

function listMore() {
  const list = byId("scenario-list"), first = listed;
  for (; listed < Math.min(found.length, first + pageSize); listed++) list.append(scenarioItem(found[listed]));
  byId("scenario-more").hidden = listed >= found.length;
  byId("scenario-count").textContent = `${found.length} of ${scenarios.length} scenarios match, ${listed} listed`;
}

function filterScenarios() {
  const text = byId("scenario-text").value.toLowerCase(), state = byId("scenario-state").value;
  found = scenarios.filter(s => (!state || s.state === state) &&
    (!text || (s.name + " " + (s.requirements || []).join(" ") + " " + (s.file || s.feature) + " " + (s.reason || "")).toLowerCase().includes(text)));
  byId("scenario-list").textContent = "";
  listed = 0;
  listMore();
}

if (byId("scenario-list")) {
  for (const id of ["scenario-text", "scenario-state"]) byId(id).addEventListener("input", filterScenarios);
  byId("scenario-more").addEventListener("click", () => {
    const before = listed;
    listMore();
    const next = byId("scenario-list").children[before];
    if (next) next.querySelector("summary").focus();
  });
  filterScenarios();
}
document.documentElement.dataset.ready = "true";
