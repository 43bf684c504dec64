// `node releases/measure.ts`: what dictionaries save, and how long the first reply takes. Prints the tables of
// docs/dictionaries.md.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { encodeWithDictionary } from "../src/content/codings/encode.ts";
import { sharedText } from "../src/precompress/shared-text.ts";
import { linesOf, offer } from "../test/support/dictionary-client.ts";
import { RawClient } from "../test/support/raw-client.ts";
import { Deployment, newFolder } from "./deployment.ts";
import { type Released, releasedScripts } from "./packages.ts";

const ROUNDS = 7;

/** Documentation that npm packages contain as pages. */
const SITES: readonly (readonly [name: string, folder: string])[] = [
  ["npm 11.6.0", "docs-npm/docs/output"],
  ["Paper.js 0.12.18", "docs-paper/dist/docs"],
];

const scripts = releasedScripts();

console.log(
  "| Script | Size | Brotli 11 | `dcb` at once | of Brotli 11 | `dcb` later | `dcz` at once | First reply | Next |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const script of scripts) {
  const { name, before, after } = script;
  const sizeOf = (coding: "dcb" | "dcz", effort: "quick" | "best"): number =>
    encodeWithDictionary(after.bytes, before.bytes, coding, effort).length;
  const [brotli, quick] = [brotli11(after.bytes), sizeOf("dcb", "quick")];
  const first: number[] = [];
  const next: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [firstMs, nextMs] = await timeReplies(script);
    first.push(firstMs);
    next.push(nextMs);
  }
  const cells = [
    `${name} ${before.version} to ${after.version}`,
    after.bytes.length,
    brotli,
    quick,
    `${((quick / brotli) * 100).toFixed(1)} %`,
    sizeOf("dcb", "best"),
    sizeOf("dcz", "quick"),
    `${median(first).toFixed(0)} ms`,
    `${median(next).toFixed(1)} ms`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

console.log("\n| Site | Pages | Mean page | Brotli 11 | With the dictionary | Dictionary, loaded once |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const [name, folder] of SITES) {
  const pages = pagesBelow(join(import.meta.dirname, "node_modules", folder));
  const shared = sharedText(pages.map(String), 65_536);
  const mean = (sizeOf: (page: Buffer) => number): number =>
    Math.round(pages.reduce((sum, page) => sum + sizeOf(page), 0) / pages.length);
  const coded = mean((page) => encodeWithDictionary(page, shared, "dcb", "best").length);
  const cells = [name, pages.length, mean((page) => page.length), mean(brotli11), coded, brotli11(shared)];
  console.log(`| ${cells.join(" | ")} |`);
}

/** Of a new server whose threads have encoded nothing: to the last byte of the first difference, and of the next. */
async function timeReplies(script: Released): Promise<[firstMs: number, nextMs: number]> {
  const { before, after } = script;
  await using site = await Deployment.begin(newFolder(), [script], { revalidateMs: 0 });
  const client = await RawClient.open(site.port);
  await client.request("GET", before.path);
  site.deploy();
  while ((await client.request("HEAD", after.path)).status !== 200);
  const fields = `${linesOf(offer(before.bytes, before.path.slice("/assets/".length))).join("\r\n")}\r\n`;
  const times: number[] = [];
  for (let round = 0; round < 2; round++) {
    const startedMs = performance.now();
    const response = await client.request("GET", after.path, fields);
    times.push(performance.now() - startedMs);
    if (response.fields.get("content-encoding") !== "dcb") throw new Error("the reply was no difference");
  }
  client.close();
  return [times[0]!, times[1]!];
}

function brotli11(bytes: Buffer): number {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}

function pagesBelow(folder: string): Buffer[] {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  return names.filter((name) => name.endsWith(".html")).map((name) => readFileSync(join(folder, name)));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}
