// When who is told of the tag of a version; what a tag is made of is shown over a server.
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeSite } from "../../test/support/site.ts";
import type { OpenFile } from "../http/message.ts";
import { ContentTags } from "./content-tags.ts";
import { statDescriptor } from "./descriptors.ts";

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
