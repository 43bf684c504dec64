// `heddle precompress` without a process: every coding, for each file that is large enough.
import assert from "node:assert/strict";
import {
  CODINGS,
  type PrecompressOptions,
  precompressFolder,
  type Summary,
} from "../../src/precompress/precompress.ts";

/** Fails the test at the first file that cannot be compressed, unless `changed` has another `onError`. */
export function precompress(root: string, changed: Partial<PrecompressOptions> = {}): Promise<Summary> {
  return precompressFolder({
    root,
    codings: CODINGS,
    previous: [],
    leastBytes: 1024,
    isDryRun: false,
    signal: new AbortController().signal,
    onPlan: () => {},
    onDone: () => {},
    onError: (name, error) => assert.fail(`${name}: ${error}`),
    ...changed,
  });
}
