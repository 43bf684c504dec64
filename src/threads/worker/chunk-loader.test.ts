import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../../test/support/site.ts";
import { ChunkLoader } from "./chunk-loader.ts";

const FILES = {
  "entry/main.cjs": '"use strict";const{twice:t}=require("../lib/twice.cjs");exports.four=()=>t(2);',
  "lib/twice.cjs": "exports.twice=n=>2*n;exports.file=__filename;exports.main=require('../entry/main.cjs');",
};

test("ChunkLoader.require() loads files as Node does, each once", (t) => {
  const root = makeSite(t, FILES);
  const loader = new ChunkLoader(new Map());
  const main = loader.require(join(root, "entry/main.cjs")) as { four(): number };
  const lib = loader.require(join(root, "lib/twice.cjs")) as { file: string; main: unknown };
  assert.equal(main.four(), 4);
  assert.equal(lib.file, join(root, "lib/twice.cjs"));
  assert.equal(lib.main, main);
});

test("ChunkLoader.collect() gives a later loader all that it has to compile", (t) => {
  const main = join(makeSite(t, FILES), "entry/main.cjs");
  const first = new ChunkLoader(new Map());
  first.require(main);
  assert.equal(first.missCount, 2);
  const compiled = first.collect();
  for (const { buffer } of compiled.values()) assert.ok(buffer instanceof SharedArrayBuffer);
  const second = new ChunkLoader(compiled);
  const { four } = second.require(main) as { four(): number };
  assert.deepEqual([four(), second.missCount], [4, 0]);
});

test("ChunkLoader.require() compiles a file anew that its compiled code does not fit", (t) => {
  const main = join(makeSite(t, FILES), "entry/main.cjs");
  const loader = new ChunkLoader(new Map([[main, new Uint8Array(64)]]));
  const { four } = loader.require(main) as { four(): number };
  assert.deepEqual([four(), loader.missCount], [4, 2]);
});
