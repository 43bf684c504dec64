// A thread that hashes one file and ends: see content-tags.ts. The descriptor is the process's, and stays open
// until we have answered.
import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

const CHUNK_BYTES = 1024 * 1024;

const { fd, sizeBytes } = workerData as { fd: number; sizeBytes: number };
const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
const hash = createHash("sha256");
let offset = 0;
while (offset < sizeBytes) {
  const count = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, sizeBytes - offset), offset);
  if (count === 0) break;
  hash.update(chunk.subarray(0, count));
  offset += count;
}
// A file that became shorter has no tag: the plan is about to be replaced anyway.
parentPort!.postMessage(offset === sizeBytes ? hash.digest("base64url") : undefined);
