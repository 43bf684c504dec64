// What is hashed when, and who is told of it; what the hashes are for is shown over a server.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { closeSync, openSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeSiteHandler } from "../../../test/support/answers.ts";
import { fieldOf, releaseFile } from "../../../test/support/reply.ts";
import { makeSite } from "../../../test/support/site.ts";
import { statDescriptor } from "../../files/descriptors.ts";
import type { OpenFile } from "../../http/message.ts";
import { HASH_AT_ONCE_LIMIT_BYTES, Hashes } from "./hashes.ts";

const LATER = Date.now() + 3_600_000;

const hex = (hash: Uint8Array | undefined): string | undefined => hash && Buffer.from(hash).toString("hex");
const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

interface Opened extends OpenFile {
  readonly path: string;
  userCount: number;
}

function openFile(t: TestContext, text: string): Opened {
  const path = join(makeSite(t, { file: text }), "file");
  const fd = openSync(path, "r");
  t.after(() => closeSync(fd));
  return {
    path,
    fd,
    userCount: 0,
    retain() {
      this.userCount++;
    },
    release() {
      this.userCount--;
    },
  };
}

test("Hashes has the hash of what is small and in memory at once", () => {
  assert.equal(hex(new Hashes().of(Buffer.from("text"), undefined, 0) as Uint8Array), sha256("text"));
});

test("Hashes has that of larger content in memory later, and at once from then on", async () => {
  const hashes = new Hashes();
  const large = Buffer.alloc(HASH_AT_ONCE_LIMIT_BYTES + 1, "large");
  const found = hashes.of(large, undefined, 0);
  assert.ok(found instanceof Promise);
  assert.equal(hex(await found), sha256(large));
  assert.equal(hex(hashes.of(large, undefined, 0) as Uint8Array), sha256(large));
});

test("Hashes makes one hash for all who ask for a version of a file, and knows it from then on", async (t) => {
  const hashes = new Hashes();
  const file = openFile(t, "content");
  const stat = await statDescriptor(file.fd);
  const [one, two] = [hashes.of(file, stat, LATER), hashes.of(file, stat, LATER)];
  assert.ok(one instanceof Promise);
  assert.equal(one, two);
  assert.equal(hex(await one), sha256("content"));
  assert.equal(hex(hashes.of(file, stat, LATER) as Uint8Array), sha256("content"));
  assert.equal(file.userCount, 0);
});

test("Hashes takes one file after the other", async (t) => {
  const hashes = new Hashes();
  const texts = ["one", "two", "three"];
  const found = texts.map(async (text) => {
    const file = openFile(t, text);
    return hashes.of(file, await statDescriptor(file.fd), LATER);
  });
  assert.deepEqual((await Promise.all(found)).map(hex), texts.map(sha256));
});

test("Hashes has nothing for a file that may be changing", async (t) => {
  const file = openFile(t, "young");
  const stat = await statDescriptor(file.fd);
  assert.equal(new Hashes().of(file, stat, Number(stat.mtimeNs / 1_000_000n)), undefined);
});

test("Hashes has nothing for a file that changed before it was read", async (t) => {
  const file = openFile(t, "before");
  const stat = await statDescriptor(file.fd);
  utimesSync(file.path, 1, 1);
  writeFileSync(file.path, "behind");
  assert.equal(await new Hashes().of(file, stat, LATER), undefined);
  assert.equal(file.userCount, 0);
});

test("createHandler() with etag content gives equal files equal tags, whatever their size and times", async (t) => {
  const large = "large ".repeat(60_000);
  const tags = await Promise.all(
    [1, 2].map(async (replica) => {
      const { root, ask, clock } = makeSiteHandler(t, { etag: "content" }, { "a.bin": large, "a.txt": "small" });
      utimesSync(join(root, "a.bin"), replica * 1000, replica * 1000);
      const tagOf = async (target: string): Promise<string | undefined> => {
        const reply = await ask(target);
        releaseFile(reply);
        return fieldOf(reply, "etag");
      };
      const small = await tagOf("/a.txt");
      const provisional = await tagOf("/a.bin");
      for (;;) {
        clock.ms += 1000;
        const tag = await tagOf("/a.bin");
        if (tag !== provisional) return [small, tag];
        await new Promise(setImmediate);
      }
    }),
  );
  assert.deepEqual(tags[0], tags[1]);
  assert.equal(tags[0]?.[1], `"${createHash("sha256").update(large).digest("base64url").slice(0, 20)}"`);
});
