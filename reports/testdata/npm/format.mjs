// usage: node format.mjs messages.ndjson page.html: reads Cucumber messages with the
// official library and writes the page of the official HTML formatter.
import fs from "node:fs";
import readline from "node:readline";
import {pipeline} from "node:stream/promises";
import {Readable} from "node:stream";
import {parseEnvelope} from "@cucumber/messages";
import htmlFormatter from "@cucumber/html-formatter";

const [, , input, output] = process.argv;
const Formatter = htmlFormatter.CucumberHtmlStream || htmlFormatter.default || htmlFormatter;
async function* envelopes() {
  for await (const line of readline.createInterface({input: fs.createReadStream(input)})) {
    if (line !== "") yield parseEnvelope(line);
  }
}
await pipeline(Readable.from(envelopes()), new Formatter(), fs.createWriteStream(output));
