// usage: node junit.mjs junit.xml: reads a JUnit report by the libraries and the ways of two reporters
// that are common on GitHub, and prints what each of them would show.
import fs from "node:fs";
import * as xmljs from "xml-js";
import {parseStringPromise} from "xml2js";

const data = fs.readFileSync(process.argv[2], "utf8");
const list = (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

// mikepenz/action-junit-report: xml2json in its compact form; an issue's place is the suite's file, and
// the last line " FILE:N" of its text.
function actionJunitReport() {
  const report = JSON.parse((xmljs.xml2json ?? xmljs.default.xml2json)(data, {compact: true}));
  const root = report.testsuites ? report.testsuites : report.testsuite;
  const out = {total: 0, failed: 0, skipped: 0, issues: []};
  const walk = (suite) => {
    for (const c of list(suite.testcase)) {
      out.total++;
      const issues = [...list(c.failure), ...list(c.error)];
      const skip = c.skipped || c._attributes.status === "disabled" || c._attributes.status === "ignored";
      if (skip) out.skipped++;
      else if (issues.length > 0) out.failed++;
      if (skip) continue;
      for (const issue of issues) {
        const text = ((issue && issue._cdata) || (issue && issue._text) || "").toString().trim();
        const message = ((issue._attributes && issue._attributes.message) || text.split("\n").slice(0, 2).join("\n") || c._attributes.name).trim();
        const file = c._attributes.file || issue._attributes?.file || suite._attributes.file || c._attributes.classname.split(".").slice(-1)[0];
        const places = text.match(new RegExp(` [^ ]*${file.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}.*?:\\d+`, "g"));
        const line = places ? parseInt(places.slice(-1)[0].split(":").pop()) : 1;
        out.issues.push({name: c._attributes.name, message, text, file, line});
      }
    }
    for (const s of list(suite.testsuite)) walk(s);
  };
  walk(root);
  return out;
}

// dorny/test-reporter, reporter java-junit: xml2js with its defaults.
async function testReporter() {
  const report = await parseStringPromise(data);
  const out = {total: 0, failed: 0, skipped: 0, seconds: parseFloat(report.testsuites.$.time), issues: []};
  for (const suite of report.testsuites.testsuite) {
    if (suite.$.name.trim() === "" || Number.isNaN(parseFloat(suite.$.time))) throw new Error("a suite without name or time");
    for (const c of suite.testcase ?? []) {
      out.total++;
      if (Number.isNaN(parseFloat(c.$.time))) throw new Error(`${c.$.name}: no time`);
      const result = c.failure || c.error ? "failed" : c.skipped ? "skipped" : "success";
      if (result !== "success") out[result]++;
      const failures = c.failure ?? c.error;
      if (!failures) continue;
      const failure = failures[0];
      const text = (typeof failure === "object" ? failure._ : failure) ?? "";
      let message = failure.$?.message;
      if (failure.$?.type) message = failure.$.type + ": " + message;
      out.issues.push({name: c.$.name.trim(), message, text: text.trim(), file: suite.$.file});
    }
  }
  return out;
}

console.log(JSON.stringify({"action-junit-report": actionJunitReport(), "test-reporter": await testReporter()}));
