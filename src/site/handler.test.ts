import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { makeHandler, PEER } from "../../test/support/handler.ts";
import { fieldOf } from "../../test/support/reply.ts";
import { makeRequest } from "../../test/support/request.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "../../test/support/site.ts";
import { SMALL_FILE_LIMIT_BYTES } from "../content/validators.ts";
import { createOpener } from "../files/containment.ts";
import type { Content, Reply, Request } from "../http/message.ts";

const LARGE = SMALL_FILE_LIMIT_BYTES + 1;
/** What a transport would send, whereupon it lets go of the file. */
function send(reply: Reply): Buffer {
  if (reply.content === undefined) return Buffer.alloc(0);
  const { segments, file, length } = reply.content as Content;
  const bytes = segments.map((segment) => {
    if (Buffer.isBuffer(segment)) return segment;
    const slice = Buffer.alloc(segment.end - segment.start);
    return slice.subarray(0, fs.readSync(file!.fd, slice, 0, slice.length, segment.start));
  });
  file?.release();
  const sent = Buffer.concat(bytes);
  if (segments.length > 0) assert.equal(sent.length, length);
  return sent;
}

const SITE = {
  "index.html": "home",
  "page.html": "page",
  "docs/index.html": "docs",
  "evil.example/x": "x",
  ".env": "SECRET",
  ".git/config": "SECRET",
  ".well-known/security.txt": "contact",
  "404.html": "lost",
};

/** [target, status, content or Location] */
const cases: [target: string, status: number, what?: string][] = [
  ["/", 200, "home"],
  ["/?", 200, "home"],
  ["/?a=/../b", 200, "home"],
  ["/page.html?v=1", 200, "page"],
  ["/p%61ge.html", 200, "page"],
  ["/./docs/../page.html", 200, "page"],
  ["/docs/", 200, "docs"],
  ["/docs", 301, "/docs/"],
  ["/docs?a=b", 301, "/docs/?a=b"],
  ["/./docs?a=b", 301, "/docs/?a=b"],
  ["/%64ocs?a=b", 301, "/docs/?a=b"],
  ["/.well-known/security.txt", 200, "contact"],
  // Never to another host.
  ["/evil.example", 301, "/evil.example/"],
  ["//evil.example", 404, "lost"],
  ["//evil.example/", 404, "lost"],
  ["//evil.example/..", 404, "lost"],
  ["//evil.example/%2e%2e", 404, "lost"],
  ["/docs/..//evil.example", 404, "lost"],
  ["/.//evil.example", 404, "lost"],
  ["/\\evil.example", 400],
  ["/%5cevil.example", 400],
  ["/%2fevil.example", 400],
  ["/%09/evil.example", 404, "lost"],
  // What is hidden, what is missing, what is outside.
  ["/.env", 404, "lost"],
  ["/.git/config", 404, "lost"],
  ["/.git/", 404, "lost"],
  ["/docs/.env", 404, "lost"],
  ["/nothing", 404, "lost"],
  ["/nothing?a", 404, "lost"],
  ["/out", 404, "lost"],
  ["/out/", 404, "lost"],
  ["/out/passwd", 404, "lost"],
  ["/fifo", 404, "lost"],
  ["/../etc/passwd", 400],
  ["/%2e%2e/etc/passwd", 400],
  ["/a%00", 400],
  ["/%", 400],
  ["/%ff", 400],
  ["", 400],
];

for (const method of ["GET", "HEAD"]) {
  for (const [target, status, what] of cases) {
    test(`createHandler() answers ${method} ${target} with ${status} ${what ?? ""}, cold and warm`, async (t) => {
      const { handler, root, errors } = makeHandler(t, SITE);
      fs.symlinkSync("/etc", join(root, "out"));
      fs.symlinkSync("/dev/zero", join(root, "fifo"));
      for (let count = 0; count < 2; count++) {
        const reply = await handler.handle(makeRequest(method, target), PEER);
        assert.equal(reply.status, status);
        if (status === 301) assert.equal(fieldOf(reply, "location"), what);
        else if (what !== undefined && method === "GET") assert.equal(send(reply).toString(), what);
        assert.equal(fieldOf(reply, "x-content-type-options"), "nosniff");
        assert.equal(fieldOf(reply, "cache-control"), "no-cache");
      }
      assert.deepEqual(errors, []);
    });
  }
}

const methods: [method: string, target: string, status: number][] = [
  ["OPTIONS", "*", 204],
  ["OPTIONS", "/", 204],
  ["OPTIONS", "/nothing", 204],
  ["POST", "/", 405],
  ["PUT", "/new", 405],
  ["DELETE", "/index.html", 405],
  ["PATCH", "/", 405],
  ["CONNECT", "host:443", 405],
  ["TRACE", "/", 405],
  ["PROPFIND", "/", 501],
  ["get", "/", 501],
  ["BREW", "/", 501],
];

for (const [method, target, status] of methods) {
  test(`createHandler() answers ${method} ${target} with ${status}`, async (t) => {
    const { handler } = makeHandler(t, SITE);
    const reply = await handler.handle(makeRequest(method, target), PEER);
    assert.equal(reply.status, status);
    assert.equal(fieldOf(reply, "allow"), status === 501 ? undefined : "GET, HEAD, OPTIONS");
    assert.equal(reply.content === undefined, status === 204);
  });
}

test("createHandler() answers at once, with the same reply, while a plan is fresh", async (t) => {
  const { handler, clock } = makeHandler(t, { ...SITE, "a.bin": Buffer.alloc(LARGE) });
  for (const target of ["/", "/docs", "/nothing", "/a.bin", "/page.html?v=1"]) {
    const cold = handler.handle(makeRequest("GET", target), PEER);
    assert.ok(cold instanceof Promise, target);
    const first = await cold;
    send(first);
    const warm = handler.handle(makeRequest("GET", target), PEER) as Reply;
    assert.equal(warm, first, target);
    send(warm);
    clock.ms += 1000;
    assert.ok(handler.handle(makeRequest("GET", target), PEER) instanceof Promise, target);
  }
});

if (process.platform === "linux") {
  const { createKernelOpener } = await import("../files/linux/opener.ts");

  const changes: [what: string, change: (site: string) => void, status: number, content?: string][] = [
    ["is the same", () => {}, 200, "inside"],
    ["is written to", (site) => fs.writeFileSync(join(site, "now/folder/file.txt"), "INSIDE"), 200, "INSIDE"],
    ["is replaced", (site) => fs.renameSync(join(site, "next.txt"), join(site, "now/folder/file.txt")), 200, "afresh"],
    ["is removed", (site) => fs.rmSync(join(site, "now/folder/file.txt")), 404],
    ["is moved to another folder", (site) => moveOut(site, "folder/file.txt", () => {}), 404],
    ["is moved out, with a link to it", (site) => moveOut(site, "folder/file.txt", fs.symlinkSync), 404],
    ["lies in a folder that is renamed", (site) => moveOut(site, "folder", () => {}), 404],
    ["lies in a folder that is moved out, with a link to it", (site) => moveOut(site, "folder", fs.symlinkSync), 404],
    ["lies in a root that is swapped", (site) => swapRoot(site), 200, "second"],
  ];
  for (const [what, change, status, content] of changes) {
    for (const sizeBytes of [6, LARGE]) {
      test(`createHandler() sees by the kernel's word that a file of ${sizeBytes} bytes ${what}`, async (t) => {
        const files = { "1/folder/file.txt": "inside", "2/folder/file.txt": "second", "next.txt": "afresh" };
        const site = makeSite(t, { ...files, "outside/x": "" });
        // On the disk: what is dirty is read again.
        for (const [name, text] of Object.entries(files)) {
          fs.writeFileSync(join(site, name), text.padEnd(sizeBytes, "\0"), { flush: true });
        }
        fs.symlinkSync("1", join(site, "now"));
        const root = join(site, "now");
        const opener = createKernelOpener(root, createOpener(root), assert.fail);
        const before = countDescriptors();
        const { handler, clock } = makeHandler(t, {}, { site: { root }, openerFor: () => opener });
        const first = await handler.handle(makeRequest("GET", "/folder/file.txt"), PEER);
        send(first);
        // The kernel may have to be asked again while something else on the machine is renamed.
        for (let isAtOnce = false; !isAtOnce; ) {
          clock.ms += 1000;
          const again = handler.handle(makeRequest("GET", "/folder/file.txt"), PEER);
          isAtOnce = !(again instanceof Promise);
          assert.equal(await again, first);
          send(first);
        }
        // The root itself may be what it was a tenth of a second ago.
        await descriptorsSettled(before + (sizeBytes === LARGE ? 1 : 0));
        change(site);
        clock.ms += 1000;
        const last = await handler.handle(makeRequest("GET", "/folder/file.txt"), PEER);
        assert.equal(last.status, status);
        const sent = send(last);
        if (content !== undefined) assert.equal(sent.toString("latin1", 0, 6), content);
        assert.equal(last === first, what === "is the same");
        handler.close();
        await descriptorsSettled(before);
      });
    }
  }
}

function moveOut(site: string, path: string, link: (target: string, path: string) => void): void {
  fs.renameSync(join(site, "1", path), join(site, "outside/moved"));
  link(join(site, "outside/moved"), join(site, "1", path));
}

function swapRoot(site: string): void {
  fs.symlinkSync("2", join(site, "then"));
  fs.renameSync(join(site, "then"), join(site, "now"));
}

test("createHandler() keeps one plan for all ways to write a path, and for all queries", async (t) => {
  const { handler } = makeHandler(t, SITE);
  const first = await handler.handle(makeRequest("GET", "/page.html"), PEER);
  for (const target of ["/page.html?x", "/./page.html", "/%70age.html", "/docs/../page.html?y", "/page%2Ehtml"]) {
    assert.equal(await handler.handle(makeRequest("GET", target), PEER), first, target);
  }
});

test("createHandler() does not look at the bytes of a request once it has returned", async (t) => {
  const { handler } = makeHandler(t, SITE);
  const request = makeRequest("GET", "/docs?a=b");
  const lent: Request = { ...request, retain: () => makeRequest("GET", "/docs?a=b") };
  const answering = handler.handle(lent, PEER);
  request.memory.fill(0x78);
  Object.defineProperty(lent, "target", { get: () => assert.fail("read after it was given back") });
  assert.equal(fieldOf(await answering, "location"), "/docs/?a=b");
});

test("createHandler() holds no file for HEAD and 304, one for each GET, and none when closed", async (t) => {
  const before = countDescriptors();
  const { handler } = makeHandler(t, { "a.bin": Buffer.alloc(LARGE, "a") });
  const head = await handler.handle(makeRequest("HEAD", "/a.bin"), PEER);
  assert.deepEqual(head.content, { kind: "content", length: LARGE, segments: [], file: undefined });
  const known = { "If-None-Match": fieldOf(head, "etag")! };
  assert.equal((await handler.handle(makeRequest("GET", "/a.bin", known), PEER)).status, 304);
  const replies = [
    await handler.handle(makeRequest("GET", "/a.bin"), PEER),
    await handler.handle(makeRequest("GET", "/a.bin", { Range: "bytes=5-9" }), PEER),
    await handler.handle(makeRequest("GET", "/a.bin", { Range: "bytes=0-1,9-10" }), PEER),
  ];
  handler.close();
  await descriptorsSettled(before + 1);
  assert.deepEqual(
    replies.map((reply) => send(reply).length),
    replies.map((reply) => (reply.content as Content).length),
  );
  await descriptorsSettled(before);
});

test("createHandler() sends a large file to its end although it is replaced and removed meanwhile", async (t) => {
  const { handler, root, clock } = makeHandler(t, { "a.bin": Buffer.alloc(LARGE, "a") });
  const former = await handler.handle(makeRequest("GET", "/a.bin"), PEER);
  fs.writeFileSync(join(root, "next"), Buffer.alloc(LARGE + 5, "b"));
  fs.renameSync(join(root, "next"), join(root, "a.bin"));
  clock.ms += 1000;
  const current = await handler.handle(makeRequest("GET", "/a.bin"), PEER);
  fs.rmSync(join(root, "a.bin"));
  assert.deepEqual(send(former), Buffer.alloc(LARGE, "a"));
  assert.deepEqual(send(current), Buffer.alloc(LARGE + 5, "b"));
  assert.notEqual(fieldOf(former, "etag"), fieldOf(current, "etag"));
});

test("createHandler() answers 503 while there is no root, tells why, and recovers", async (t) => {
  const site = makeSite(t);
  const root = join(site, "root");
  const { handler, errors } = makeHandler(t, {}, { site: { root } });
  const reply = await handler.handle(makeRequest("GET", "/"), PEER);
  assert.equal(reply.status, 503);
  assert.doesNotMatch(send(reply).toString(), /ENOENT|root/);
  assert.match(String((errors[0]!.cause as Error).message), /ENOENT/);
  fs.mkdirSync(root);
  fs.writeFileSync(join(root, "index.html"), "back");
  assert.equal(send(await handler.handle(makeRequest("GET", "/"), PEER)).toString(), "back");
});

// Complaint: http-server #665 #634 #502
test("createHandler() turns a mistake of ours into 500 and tells of it", async (t) => {
  const { handler, errors } = makeHandler(t, SITE);
  const broken: Request = {
    ...makeRequest("GET", "/"),
    retain: () => {
      throw new Error("a mistake of ours");
    },
  };
  assert.equal((await handler.handle(broken, PEER)).status, 500);
  await handler.handle(makeRequest("GET", "/"), PEER);
  const worse: Request = { ...makeRequest("GET", "/"), has: () => assert.fail("another") };
  assert.equal((handler.handle(worse, PEER) as Reply).status, 500);
  assert.deepEqual(
    errors.map((error) => (error.cause as Error).message),
    ["a mistake of ours", "another"],
  );
});

test("createHandler() has a page for what the engine refuses, without its code", (t) => {
  const { handler } = makeHandler(t, {});
  const reply = handler.refuse({ status: 431, code: "HEAD_TOO_LARGE" });
  assert.equal(reply.status, 431);
  assert.doesNotMatch(send(reply).toString(), /HEAD_TOO_LARGE/);
  assert.equal(handler.refuse({ status: 431, code: "FIELDS_TOO_MANY" }), reply);
});

for (const [what, sizeBytes] of [
  ["small", 3000],
  ["large", LARGE],
] as const) {
  test(`createHandler() never mixes versions of a ${what} file that is replaced all the time`, async (t) => {
    const before = countDescriptors();
    const { handler, root, errors } = makeHandler(
      t,
      { "a.txt": version(sizeBytes, 1) },
      { revalidateMs: 0, now: Date.now },
    );
    const worker = replaceInThread(t, join(root, "a.txt"), sizeBytes);
    const tagOf = new Map<number, string>();
    for (let count = 0; count < 1000 || tagOf.size < 3; count++) {
      const reply = await handler.handle(makeRequest("GET", "/a.txt"), PEER);
      const { length } = reply.content as Content;
      const bytes = send(reply);
      // Each version has its own byte and its own length.
      assert.ok(bytes.equals(Buffer.alloc(bytes.length, bytes[0])), "one version's bytes only");
      assert.equal(length, sizeBytes + bytes[0]!, "the length of that version");
      const tag = fieldOf(reply, "etag")!;
      if (what === "small") {
        assert.equal(tag, `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 20)}"`);
      }
      tagOf.set(bytes[0]!, tag);
    }
    assert.equal(new Set(tagOf.values()).size, tagOf.size);
    await worker.terminate();
    assert.deepEqual(errors, []);
    handler.close();
    await descriptorsSettled(before);
  });
}

/** A version is told by its byte: 1 to 200. */
function version(sizeBytes: number, byte: number): Buffer {
  return Buffer.alloc(sizeBytes + byte, byte);
}

/** Another thread writes each version aside and renames it into place. */
function replaceInThread(t: TestContext, path: string, sizeBytes: number): Worker {
  const source = `
    const fs = require("node:fs");
    const { path, sizeBytes } = require("node:worker_threads").workerData;
    for (let round = 1; ; round++) {
      const byte = (round % 200) + 1;
      fs.writeFileSync(path + ".next", Buffer.alloc(sizeBytes + byte, byte));
      fs.renameSync(path + ".next", path);
    }
  `;
  const worker = new Worker(source, { eval: true, workerData: { path, sizeBytes } });
  t.after(() => worker.terminate());
  return worker;
}
