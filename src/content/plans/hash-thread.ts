// A thread that hashes files, one after the other: see hashes.ts. The descriptor belongs to the process, and stays
// open until the answer has come.
import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { answerJobs } from "../../workers/answer-jobs.ts";

const CHUNK_BYTES = 1024 * 1024;

export interface HashJob {
  readonly fd: number;
  readonly sizeBytes: number;
}

const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
answerJobs(hashFile);

/** Undefined for a file that became shorter: its plan is about to be replaced anyway. */
function hashFile({ fd, sizeBytes }: HashJob): Uint8Array | undefined {
  const hash = createHash("sha256");
  let offset = 0;
  while (offset < sizeBytes) {
    const count = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, sizeBytes - offset), offset);
    if (count === 0) return undefined;
    hash.update(chunk.subarray(0, count));
    offset += count;
  }
  return hash.digest();
}
