import assert from "node:assert/strict";
import { symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { makeRequest } from "../../../test/support/request.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "../../../test/support/site.ts";
import { DEFAULT_POLICY } from "../../features/fields/path-policy.ts";
import { createOpener } from "../../files/containment.ts";
import type { OpenedFolder } from "../../files/opener.ts";
import type { Content, Reply } from "../../http/message.ts";
import { Lister, type ListerLimits } from "./lister.ts";

type Files = Record<string, string | Buffer>;

function listerOf(t: TestContext, files: Files, limits: Partial<ListerLimits> = {}) {
  const root = makeSite(t, files);
  const lister = new Lister(false, limits);
  t.after(() => lister.close());
  const folder = { path: "", opener: createOpener(root), policy: DEFAULT_POLICY, isServed: () => true };
  const list = (target = "/", accept = "text/html", nowMs = 0): Promise<Reply> =>
    lister.reply(folder, makeRequest("GET", target, { accept }), nowMs);
  return { root, lister, folder, list };
}

function textOf({ content }: Reply): string {
  return Buffer.concat((content as Content).segments as Buffer[]).toString();
}

/** The README's part of the page. */
function readmeIn(reply: Reply): string | undefined {
  return /<section class="readme" aria-label="[^"]*">\n(.*)<\/section>/s.exec(textOf(reply))?.[1];
}

test("Lister shows the README of a folder below its list", async (t) => {
  const { list } = listerOf(t, { "README.md": "\ufeff# *Read* me\n\n![a](b.png)", "b.png": "" });
  const wanted = '<h2 id="read-me"><em>Read</em> me</h2>\n<p><img src="b.png" alt="a" loading="lazy"></p>\n';
  assert.equal(readmeIn(await list()), wanted);
  assert.equal(textOf(await list("/", "text/plain")), "b.png\nREADME.md\n");
});

const choices: [string[], string | undefined][] = [
  [["README.md", "README.markdown", "readme.md"], "README.md"],
  [["readme.md", "README.markdown"], "readme.md"],
  [["ReadMe.Markdown"], "ReadMe.Markdown"],
  [["README", "README.txt", "README.rst", "READMETOO.md", "xREADME.md", "README.md.bak", ".README.md"], undefined],
];

for (const [names, shown] of choices) {
  test(`Lister shows ${shown ?? "nothing"} of ${names.join(", ")}`, async (t) => {
    const { list } = listerOf(t, Object.fromEntries(names.map((name) => [name, name])));
    assert.equal(readmeIn(await list()), shown === undefined ? undefined : `<p>${shown}</p>\n`);
  });
}

test("Lister shows no README that is a folder, or that leads out of the root", async (t) => {
  assert.equal(readmeIn(await listerOf(t, { "README.md/x": "" }).list()), undefined);
  const outside = makeSite(t, { secret: "secret" });
  const { root, list } = listerOf(t, {});
  symlinkSync(join(outside, "secret"), join(root, "README.md"));
  assert.equal(readmeIn(await list()), undefined);
});

test("Lister shows no README that nobody could ask for", async (t) => {
  const { lister, folder } = listerOf(t, { "README.md": "read" });
  const asked: string[] = [];
  const isServed = (path: string, kind: string): boolean => asked.push(`${path}:${kind}`) === 0;
  const request = makeRequest("GET", "/", { accept: "text/html" });
  assert.equal(readmeIn(await lister.reply({ ...folder, isServed }, request, 0)), undefined);
  assert.deepEqual(asked, ["README.md:file"]);
});

test("Lister shows a README on the first page alone", async (t) => {
  const files = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`f${index}`, ""]));
  const { list } = listerOf(t, { ...files, "README.md": "read" });
  assert.equal(readmeIn(await list("/?sort=time")), "<p>read</p>\n");
  assert.equal(readmeIn(await list("/?page=2")), undefined);
});

test("Lister links to a README that is too large to be shown", async (t) => {
  const { list } = listerOf(t, { "README.md": "a".repeat(524_289) });
  assert.match(readmeIn(await list()) ?? "", /^<p class="note">.*<a href="\.\/README\.md">/);
});

test("Lister renders a README once for each version of it", async (t) => {
  const { root, lister, list } = listerOf(t, { "README.md": "one" }, { idleLimitMs: 200 });
  const readme = join(root, "README.md");
  utimesSync(readme, 1000, 1000);
  const nowMs = Date.now() + 60_000;
  assert.equal(readmeIn(await list("/", "text/html", nowMs)), "<p>one</p>\n");
  while (lister.threadCount > 0) await setTimeout(1);
  assert.equal(readmeIn(await list("/", "text/html", nowMs)), "<p>one</p>\n");
  assert.equal(lister.threadCount, 0);
  writeFileSync(readme, "two");
  assert.equal(readmeIn(await list("/", "text/html", nowMs)), "<p>two</p>\n");
});

test("Lister gives up a README that takes too long, and lists its folder all the same", async (t) => {
  const { lister, list } = listerOf(t, { "README.md": "slow" }, { renderLimitMs: 0 });
  const count = countDescriptors();
  for (const reply of await Promise.all([list(), list()])) {
    assert.match(readmeIn(reply) ?? "", /^<p class="note">.*<a href="\.\/README\.md">/);
    assert.match(textOf(reply), /1 entry/);
  }
  assert.equal(lister.threadCount, 0);
  await descriptorsSettled(count);
});

test("Lister cuts a folder at the limit, and says so", async (t) => {
  const { list } = listerOf(t, { a: "", b: "", c: "" }, { entryLimitCount: 2 });
  assert.match(textOf(await list()), /Only the first 2 entries of this folder, which has more/);
});

const refusals: [Exclude<OpenedFolder["kind"], "folder">, number][] = [
  ["missing", 404],
  ["refused", 404],
  ["forbidden", 403],
  ["unavailable", 503],
];

for (const [kind, status] of refusals) {
  test(`Lister answers a folder that is ${kind} with ${status}`, async (t) => {
    const { lister, folder } = listerOf(t, {});
    const opener = { ...folder.opener, openFolder: async () => ({ kind, cause: undefined }) as OpenedFolder };
    const reply = await lister.reply({ ...folder, opener }, makeRequest("GET", "/"), 0);
    assert.deepEqual([reply.status, /^Retry-After: /m.test(reply.fields)], [status, status === 503]);
  });
}

test("Lister answers a folder that vanishes before it is read with 404", async (t) => {
  const { lister, folder, root } = listerOf(t, {});
  // A real path, as on systems that read no folder by its descriptor.
  const openFolder = async (): Promise<OpenedFolder> => ({ kind: "folder", folder: join(root, "nothing") });
  const reply = await lister.reply({ ...folder, opener: { ...folder.opener, openFolder } }, makeRequest("GET", "/"), 0);
  assert.equal(reply.status, 404);
});

test("Lister rejects when a folder fails in a way that nobody expects", async (t) => {
  const { lister, folder } = listerOf(t, {});
  const cause = new Error("EIO");
  const opener = { ...folder.opener, openFolder: async (): Promise<OpenedFolder> => ({ kind: "failed", cause }) };
  await assert.rejects(lister.reply({ ...folder, opener }, makeRequest("GET", "/"), 0), cause);
});

test("Lister turns away what is beyond the limit, and answers again afterwards", async (t) => {
  const { list } = listerOf(t, { a: "" }, { pendingLimitCount: 2 });
  const replies = await Promise.all([list(), list(), list()]);
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 200, 503],
  );
  assert.match(replies[2]!.fields, /^Retry-After: \d+\r$/m);
  assert.equal((await list()).status, 200);
});

test("Lister has a thread for large folders, which ends when it was not needed for a while", async (t) => {
  const files = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`f${index}`, ""]));
  const { lister, list } = listerOf(t, { ...files, "README.md": "read" }, { idleLimitMs: 50 });
  const count = countDescriptors();
  assert.equal((await list()).status, 200);
  while (lister.threadCount > 0) await setTimeout(1);
  await descriptorsSettled(count);
  assert.equal((await list("/", "text/plain")).status, 200);
});
