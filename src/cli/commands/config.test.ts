import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runInProcess } from "../../../test/support/command-io.ts";
import { makeSite } from "../../../test/support/site.ts";
import { config } from "./config.ts";

const HASH = `$2b$04$${"a".repeat(53)}`;

test("config() prints every option, and where it comes from", async (t) => {
  const folder = makeSite(t, {
    "heddle.config.json": '{ "root": "dist", "cleanUrls": true, "redirects": [{ "from": "/a", "to": "/b" }] }',
    "dist/_redirects": "/c /d\n/* /app.html 200",
  });
  const { code, stdout, stderr } = await runInProcess(config, folder, ["--port", "0"], { HEDDLE_LISTING: "true" });
  assert.deepEqual([code, stderr], [0, ""]);
  const rows = JSON.parse(stdout);
  assert.deepEqual(rows.root, { value: join(folder, "dist"), from: "heddle.config.json" });
  assert.deepEqual(rows.port, { value: 0, from: "--port" });
  assert.deepEqual(rows.socketMode, { value: "0o660", from: "default" });
  assert.deepEqual(rows.listing, { value: true, from: "HEDDLE_LISTING" });
  assert.deepEqual(rows.graceMs, { value: 10_000, from: "default" });
  assert.deepEqual(rows.fallback, { value: "/app.html", from: "files in the root" });
  assert.equal(rows.redirects.from, "heddle.config.json, and files in the root");
  assert.equal(rows.redirects.value[0].from, "/a");
});

test("config() shows no password hashes", async (t) => {
  const { stdout } = await runInProcess(config, makeSite(t), ["--auth", `ada:${HASH}`]);
  assert.ok(!stdout.includes(HASH));
  assert.deepEqual(JSON.parse(stdout).auth.value, { for: ["/*"], realm: "restricted", users: { ada: "(not shown)" } });
});

test("config() refuses what cannot be used, with status 2", async (t) => {
  const found = await runInProcess(config, makeSite(t), ["--port", "x"]);
  assert.deepEqual([found.code, found.stdout], [2, ""]);
  assert.match(found.stderr, /^heddle: --port: found "x"/);
});

test("config() shows what tls.acme is, and not the key of the external account", async (t) => {
  const acme = { domains: ["example.com"], externalAccount: { keyId: "customer", hmacKey: "c2VjcmV0" } };
  const folder = makeSite(t, { "heddle.config.json": JSON.stringify({ tls: { acme }, hsts: true }) });
  const { stdout } = await runInProcess(config, folder, ["--tls-redirect", "8080"]);
  const rows = JSON.parse(stdout);
  assert.equal(rows.tls.from, "heddle.config.json");
  assert.deepEqual(rows.tls.value.acme.domains, ["example.com"]);
  assert.deepEqual(rows.tls.value.acme.externalAccount, { keyId: "customer", hmacKey: "(not shown)" });
  assert.deepEqual(rows.tlsRedirect, { value: 8080, from: "--tls-redirect" });
  assert.equal(rows.hsts.value.maxAgeSeconds, 31_536_000);
});
