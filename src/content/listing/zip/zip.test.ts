import assert from "node:assert/strict";
import { truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeRequest } from "../../../../test/support/request.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "../../../../test/support/site.ts";
import { readZip } from "../../../../test/support/zip-reader.ts";
import { DEFAULT_POLICY } from "../../../features/fields/path-policy.ts";
import { createOpener } from "../../../files/containment.ts";
import type { Opened, Opener } from "../../../files/opener.ts";
import type { Content, ContentStream, Reply } from "../../../http/message.ts";
import { wantsZip, type ZipLimits, Zipper } from "./zip.ts";

const FILES = { "a.txt": "a", "sub/b.txt": "b", "sub/deep/c.txt": "c" };

function zipperOf(t: TestContext, files: Record<string, string>, limits: Partial<ZipLimits> = {}) {
  const root = makeSite(t, files);
  const errors: Error[] = [];
  const zipper = new Zipper((error) => errors.push(error), limits);
  const policy = { ...DEFAULT_POLICY, complete: (fields: string) => `${fields}X-Site: yes\r\n` };
  const zip = (fields: Record<string, string> = {}, opener: Opener = createOpener(root)): Promise<Reply> =>
    zipper.reply({ path: "", opener, policy, name: "top", isServed: () => true }, makeRequest("GET", "/", fields), 0);
  return { root, errors, zip };
}

/** What a transport does with it. */
async function send({ content }: Reply): Promise<Buffer> {
  const { chunks, release } = content as ContentStream;
  const sent: Uint8Array[] = [];
  try {
    for await (const bytes of chunks) sent.push(bytes);
    return Buffer.concat(sent);
  } finally {
    release!();
  }
}

for (const [target, isWanted] of [
  ["/a/?zip", true],
  ["/a/?zip=1&x", true],
  ["/a/?sort=size&zip", true],
  ["/a/", false],
  ["/zip/?a=zip", false],
  ["/a/?Zip", false],
] as const) {
  test(`wantsZip() says ${isWanted} of ${target}`, () => assert.equal(wantsZip(target), isWanted));
}

test("Zipper sends a whole folder, and says what it is", async (t) => {
  const { zip, errors } = zipperOf(t, FILES);
  const count = countDescriptors();
  const reply = await zip();
  assert.equal(reply.status, 200);
  for (const line of ["Content-Type: application/zip", "Accept-Ranges: none", "X-Site: yes"]) {
    assert.ok(reply.fields.includes(`${line}\r\n`), line);
  }
  const entries = readZip(await send(reply));
  assert.deepEqual(
    entries.map(({ name, content }) => `${name}=${content}`),
    ["top/a.txt=a", "top/sub/=", "top/sub/b.txt=b", "top/sub/deep/=", "top/sub/deep/c.txt=c"],
  );
  assert.deepEqual(errors, []);
  await descriptorsSettled(count);
});

for (const [limits, what] of [
  [{ entryLimitCount: 4 }, "4 files and folders"],
  [{ depthLimitCount: 1 }, "nested at most 1 folders deep"],
] as const) {
  test(`Zipper says what is too much, before anything is sent: ${what}`, async (t) => {
    const { zip } = zipperOf(t, FILES, { ...limits, activeLimitCount: 1 });
    for (let round = 0; round < 2; round++) {
      const reply = await zip();
      assert.equal(reply.status, 403);
      assert.ok(Buffer.concat((reply.content as Content).segments as Buffer[]).includes(what));
    }
  });
}

test("Zipper has so many under way, and tells further ones when to come back", async (t) => {
  const { zip } = zipperOf(t, FILES, { activeLimitCount: 2 });
  const [first, second, third] = await Promise.all([zip(), zip(), zip()]);
  assert.deepEqual([first.status, second.status, third.status], [200, 200, 503]);
  assert.match(third.fields, /^Retry-After: \d+\r$/m);
  // One that nobody reads, as for HEAD, and one that is read; letting go of it twice counts once.
  (second.content as ContentStream).release!();
  (second.content as ContentStream).release!();
  const statuses = (await Promise.all([zip(), zip()])).map(({ status }) => status);
  assert.deepEqual(statuses, [200, 503]);
  await send(first);
  assert.equal((await zip()).status, 200);
});

for (const [fields, status] of [
  [{ "If-Match": '"a"' }, 412],
  [{ "If-Match": "*" }, 200],
  [{ "If-None-Match": "*" }, 304],
  [{ "If-None-Match": '"a"' }, 200],
] as const) {
  test(`Zipper answers ${JSON.stringify(fields)} with ${status}`, async (t) => {
    assert.equal((await zipperOf(t, FILES).zip(fields)).status, status);
  });
}

const troubles: [Exclude<Opened["kind"], "file">, boolean][] = [
  ["missing", false],
  ["refused", false],
  ["folder", false],
  ["unavailable", false],
  ["failed", false],
  ["forbidden", true],
];

for (const [kind, isWhole] of troubles) {
  test(`Zipper ${isWhole ? "leaves out" : "fails at"} a file that is ${kind} when its turn comes`, async (t) => {
    const { root, zip, errors } = zipperOf(t, FILES, { activeLimitCount: 1 });
    const opener = createOpener(root);
    const open = async (path: string): Promise<Opened> =>
      path === "sub/b.txt" ? ({ kind, cause: undefined } as Opened) : opener.open(path);
    const count = countDescriptors();
    const sending = zip({}, { ...opener, open }).then(send);
    if (isWhole) assert.equal(readZip(await sending).length, 4);
    else await assert.rejects(sending, /sub\/b\.txt/);
    assert.equal(errors.length, isWhole ? 0 : 1);
    await descriptorsSettled(count);
    assert.equal((await zip()).status, 200);
  });
}

test("Zipper lets go of a file whose reply ends in the middle of it, and reads no further", async (t) => {
  const { root, zip, errors } = zipperOf(t, { large: "", later: "" });
  truncateSync(join(root, "large"), 10_000_000);
  const opened: string[] = [];
  const opener = createOpener(root);
  const open = (path: string): Promise<Opened> => {
    opened.push(path);
    return opener.open(path);
  };
  const count = countDescriptors();
  const { chunks, release } = (await zip({}, { ...opener, open })).content as ContentStream;
  let sentBytes = 0;
  for await (const { length } of chunks) {
    sentBytes += length;
    if (sentBytes > 1_000_000) break;
  }
  release!();
  await descriptorsSettled(count);
  assert.deepEqual(opened, ["large"]);
  assert.deepEqual(errors, []);
});

test("Zipper gives times before 1980 the first that a zip file has, and an empty folder an empty file", async (t) => {
  const { root, zip } = zipperOf(t, { old: "" });
  utimesSync(join(root, "old"), 0, 0);
  assert.equal(readZip(await send(await zip()))[0]?.modified.getFullYear(), 1980);
  assert.equal((await send(await zipperOf(t, {}).zip())).length, 22);
});
