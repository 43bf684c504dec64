#!/usr/bin/env bash
# Chromium fetches a file twice that is not to be stored, when the Link field that names it comes ahead of the page.
#
# Seen with Chromium 153 (@sparticuz/chromium 153.0.0, playwright-core 1.65.1), over HTTP/2 of Node.js.
# A page has `Link: </a.css>; rel=preload; as=style` and a <link rel="stylesheet"> to the same file, which has
# `Cache-Control: no-store`. If the field is in the 200, the style is fetched once: a preload is kept for its page, whatever
# caches may do. If the same field comes in a 103 (Early Hints, RFC 8297), the style is fetched twice, and the page waits for the
# second. So a hint that arrives sooner makes the page later. With `no-cache` the second request is a conditional one. With
# `max-age=60` there is one request in both cases.
#
# Reason, as far as it is seen from outside: no document exists yet to which the early preload could belong, so it only warms
# the HTTP cache.
#
# Needs Node.js 20 or later, npm, openssl, and Linux on x64. Prints the requests and fails when they are others.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts @sparticuz/chromium@153.0.0 playwright-core@1.65.1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>/dev/null
cat >look.mjs <<'JS'
import { createHash, X509Certificate } from "node:crypto";
import { createSecureServer } from "node:http2";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
process.env.TMPDIR = join(process.cwd(), "tmp");
mkdirSync(process.env.TMPDIR);
const { default: packaged, inflate } = await import("@sparticuz/chromium");
const require = createRequire(import.meta.url);
// NSS and expat, which a bare machine lacks, are in the package, too.
let folder = dirname(require.resolve("@sparticuz/chromium"));
while (!folder.endsWith("@sparticuz/chromium")) folder = dirname(folder);
await inflate(join(folder, "bin/al2023.tar.br"));
const executablePath = await packaged.executablePath();

const cert = readFileSync("cert.pem");
const key = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
const hash = createHash("sha256").update(key).digest("base64");
const link = "</a.css>; rel=preload; as=style";
let way = "", control = "", asked = [];
const server = createSecureServer({ key: readFileSync("key.pem"), cert }, (request, response) => {
  if (request.url === "/a.css") {
    const isKnown = request.headers["if-none-match"] === '"a"';
    asked.push(isKnown ? 304 : 200);
    response.writeHead(isKnown ? 304 : 200, { "content-type": "text/css", "cache-control": control, etag: '"a"' });
    return response.end(isKnown ? undefined : "p { color: red }");
  }
  if (request.url !== "/") return response.writeHead(404).end();
  if (way === "103") response.writeEarlyHints({ link });
  response.writeHead(200, { "content-type": "text/html", "cache-control": "no-store", ...(way === "200" && { link }) });
  response.end('<!doctype html><link rel="stylesheet" href="/a.css"><p>page');
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await chromium.launch({
  executablePath,
  env: { ...process.env, LD_LIBRARY_PATH: join(process.env.TMPDIR, "al2023/lib") },
  args: ["--no-sandbox", "--disable-gpu", `--ignore-certificate-errors-spki-list=${hash}`],
});
const lines = [];
for (control of ["no-store", "no-cache", "max-age=60"]) {
  for (way of ["200", "103"]) {
    asked = [];
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`https://localhost:${server.address().port}/`, { waitUntil: "networkidle" });
    await context.close();
    lines.push(`${control}, Link in ${way}: ${asked.join(" ")}`);
  }
}
await browser.close();
server.close();
const found = lines.join("\n");
console.log(found);
const expected = [
  "no-store, Link in 200: 200",
  "no-store, Link in 103: 200 200",
  "no-cache, Link in 200: 200",
  "no-cache, Link in 103: 200 304",
  "max-age=60, Link in 200: 200",
  "max-age=60, Link in 103: 200",
].join("\n");
if (found !== expected) {
  console.error(`This has changed. Expected:\n${expected}`);
  process.exit(1);
}
process.exit(0);
JS
node look.mjs
