// When who is told of the tag of a version; what a tag is made of is shown over a server.
import assert from "node:assert/strict";
import { closeSync, openSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeSiteHandler } from "../../../test/support/answers.ts";
import { fieldOf } from "../../../test/support/reply.ts";
import { makeSite } from "../../../test/support/site.ts";
import { statDescriptor } from "../../files/descriptors.ts";
import type { Content, OpenFile, Reply } from "../../http/message.ts";
import { ContentTags } from "./content-tags.ts";

function openFile(t: TestContext, text: string): OpenFile & { userCount: number } {
  const fd = openSync(join(makeSite(t, { file: text }), "file"), "r");
  t.after(() => closeSync(fd));
  return {
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

test("ContentTags tells all who ask for a version while it is hashed, and whoever asks later at once", async (t) => {
  const tags = new ContentTags();
  const file = openFile(t, "content");
  const stat = await statDescriptor(file.fd);
  await Promise.all(
    [1, 2].map(() => new Promise<void>((resolve) => assert.equal(tags.tagOf(file, stat, resolve), undefined))),
  );
  const tag = tags.tagOf(file, stat, () => assert.fail("it is known"));

  assert.match(tag?.opaque ?? "", /^"[^"]{20}"$/);
  assert.equal(file.userCount, 0);
});

test("ContentTags gives equal content equal tags, and other content another", async (t) => {
  const tags = new ContentTags();
  const found: (string | undefined)[] = [];
  for (const text of ["one", "one", "two"]) {
    const file = openFile(t, text);
    const stat = await statDescriptor(file.fd);
    await new Promise<void>((resolve) => tags.tagOf(file, stat, resolve));
    found.push(tags.tagOf(file, stat, () => {})?.opaque);
  }
  assert.equal(found[0], found[1]);
  assert.notEqual(found[0], found[2]);
});

test("createHandler() with etag content gives equal files equal tags, whatever their size and times", async (t) => {
  const large = "large ".repeat(60_000);
  const tags = await Promise.all(
    [1, 2].map(async (replica) => {
      const { root, ask, clock } = makeSiteHandler(t, { etag: "content" }, { "a.bin": large, "a.txt": "small" });
      utimesSync(join(root, "a.bin"), replica * 1000, replica * 1000);
      const small = fieldOf(await ask("/a.txt"), "etag");
      const provisional = fieldOf(release(await ask("/a.bin")), "etag");
      for (;;) {
        clock.ms += 1000;
        const tag = fieldOf(release(await ask("/a.bin")), "etag");
        if (tag !== provisional) return [small, tag];
        await new Promise(setImmediate);
      }
    }),
  );
  assert.deepEqual(tags[0], tags[1]);
  assert.match(tags[0]?.[1] ?? "", /^"/);
});

/** Lets go of the file, as a transport does. */
function release(reply: Reply): Reply {
  (reply.content as Content).file?.release();
  return reply;
}
