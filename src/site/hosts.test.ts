import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { resolvedSite, siteContext } from "../../test/support/handler.ts";
import { makeRequest } from "../../test/support/request.ts";
import { makeSite } from "../../test/support/site.ts";
import type { Content } from "../http/message.ts";
import type { SiteOptions } from "../options/site-options.ts";
import { type ClosableHandler, createHandler } from "./handler.ts";
import { createHosts } from "./hosts.ts";
import type { SiteBounds } from "./site.ts";

function makeHosts(t: TestContext, hosts: readonly string[]) {
  const root = (name: string) => makeSite(t, { "index.html": name });
  const sites = hosts.map((host) => ({ host, site: resolvedSite({ root: root(host) }) }));
  const handler = createHosts(siteContext({ root: root("any other") }), sites);
  t.after(() => handler.close());
  return async (host: string): Promise<string> => {
    const reply = await handler.handle(makeRequest("GET", "/", { Host: host }), { address: "", scheme: "http" });
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

/** Hosts of many sites, and what was done to build them: the bounds of each handler, by its folder, as they are now. */
function countBuilt(t: TestContext, hosts: readonly string[], options: Partial<SiteOptions> = {}) {
  const names = new Map(["any other", ...hosts].map((host) => [makeSite(t, { "index.html": host }), host]));
  const [root, ...roots] = [...names.keys()] as [string, ...string[]];
  const sites = hosts.map((host, index) => ({ host, site: resolvedSite({ ...options, root: roots[index]! }) }));
  const built: Record<string, number> = {};
  const closed: string[] = [];
  const handler = createHosts(siteContext({ root }, { cacheLimitBytes: 1200 }), sites, (context) => {
    const name = names.get(context.site.root)!;
    const one = createHandler(context);
    built[name] = context.cacheLimitBytes;
    const resize = (bounds: SiteBounds): void => {
      built[name] = bounds.cacheLimitBytes;
      one.resize(bounds);
    };
    const close = (): void => {
      closed.push(name);
      one.close();
    };
    return { ...one, resize, close } satisfies ClosableHandler;
  });
  const ask = async (host: string) =>
    handler.handle(makeRequest("GET", "/", { Host: host }), { address: "", scheme: "http" });
  return { handler, built, closed, ask };
}

test("createHosts() builds a site when it is asked for, and shares the memory among those that are built", async (t) => {
  const { handler, built, closed, ask } = countBuilt(t, ["a.com", "b.com", "c.com"]);
  assert.deepEqual(built, { "any other": 1200 });
  await ask("b.com");
  assert.deepEqual(built, { "any other": 600, "b.com": 600 });
  await ask("B.com:80");
  await ask("d.com");
  assert.deepEqual(built, { "any other": 600, "b.com": 600 });
  await ask("a.com");
  assert.deepEqual(built, { "any other": 400, "a.com": 400, "b.com": 400 });
  handler.close();
  assert.deepEqual(closed.sort(), ["a.com", "any other", "b.com"]);
});

test("createHosts() builds a site at once that has to know the release that it serves", (t) => {
  const { handler, built } = countBuilt(t, ["a.com"], { keepPreviousSeconds: 1 });
  assert.deepEqual(Object.keys(built), ["a.com", "any other"]);
  handler.close();
});
