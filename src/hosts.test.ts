import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { makeRequest } from "../test/support/request.ts";
import { makeSite } from "../test/support/site.ts";
import { createHosts } from "./hosts.ts";
import type { Content } from "./http/message.ts";

function makeHosts(t: TestContext, hosts: readonly string[]) {
  const root = (name: string) => makeSite(t, { "index.html": name });
  const options = { revalidateMs: 1000, cacheLimitBytes: 2 ** 20, now: Date.now, onError: assert.fail };
  const sites = hosts.map((host) => ({ host, site: { root: root(host) } }));
  const handler = createHosts({ ...options, site: { root: root("any other") } }, sites);
  t.after(() => handler.close());
  return async (host: string): Promise<string> => {
    const reply = await handler.handle(makeRequest("GET", "/", { Host: host }), { address: "" });
    return Buffer.concat((reply.content as Content).segments as Buffer[]).toString();
  };
}

const rows: [asked: string, answers: string][] = [
  ["example.com", "example.com"],
  ["EXAMPLE.com:8080", "example.com"],
  ["example.com.", "example.com"],
  ["www.example.com", "*.example.com"],
  ["a.b.example.com", "*.b.example.com"],
  ["b.example.com", "*.example.com"],
  ["c.a.b.example.com", "*.b.example.com"],
  ["[::1]:8080", "[::1]"],
  ["other.com", "any other"],
  ["com", "any other"],
  ["example.com.evil.org", "any other"],
];
for (const [asked, answers] of rows) {
  test(`createHosts() answers ${asked} with the site of ${answers}`, async (t) => {
    const ask = makeHosts(t, ["example.com", "*.example.com", "*.b.example.com", "[::1]"]);
    assert.equal(await ask(asked), answers);
    assert.equal(await ask(asked), answers);
  });
}

for (const host of ["", "Example.com", "example.com:80", "*", "*.*.com", "a..b", "https://a"]) {
  test(`createHosts() refuses ${JSON.stringify(host)}`, (t) => {
    assert.throws(() => makeHosts(t, [host]), TypeError);
  });
}
