// Files that appear or change while the server runs.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Content } from "../../src/http/message.ts";
import { makeEncodingHandler } from "../support/encoding-handler.ts";
import { textOf } from "../support/reply.ts";

const FILES = { "a.txt": "0123456789" };

// Complaint: sirv #72 #157
test("a new file is served without a restart", async (t) => {
  const { root, ask, clock } = makeEncodingHandler(t, FILES);
  assert.equal((await ask("/new.txt")).status, 404);
  writeFileSync(join(root, "new.txt"), "new");
  clock.ms += 1000;
  assert.equal(textOf(await ask("/new.txt")), "new");
});

// Complaint: koajs/static-cache #97
test("a file that was edited is served with its new length", async (t) => {
  const { root, ask, clock } = makeEncodingHandler(t, FILES);
  await ask("/a.txt");
  writeFileSync(join(root, "a.txt"), "longer than it was before");
  clock.ms += 1000;
  const reply = await ask("/a.txt");
  assert.equal((reply.content as Content).length, 25);
  assert.equal(textOf(reply), "longer than it was before");
});
