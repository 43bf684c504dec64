// The short form of `npm run soak -- stop` and `-- reload`: the command restarts, or reads its configuration again, under the
// load of clients that lose no request. In one case of each kind; the soak has all of them, and many more requests.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { casesOf, nameOf } from "../soak/cases.ts";
import { reloadUnderLoad } from "../soak/reload.ts";
import { stopUnderLoad } from "../soak/stop.ts";

const requestCount = 1000;
const shortOf = (words: string) => casesOf(words.split(" "))[0]!;

describe("the command under load", { timeout: 300_000, skip: process.platform !== "linux" }, () => {
  for (const one of ["kernel pool http1 tls", "portable pool http2 plain"].map(shortOf)) {
    test(`SIGTERM and a restart cost no request, ${nameOf(one)}`, async (t) => {
      const { tally, mistakes } = await stopUnderLoad(t, one, { requestCount, restartCount: 1 });
      assert.deepEqual([tally.failures, mistakes, tally.answeredCount], [[], [], requestCount]);
    });
  }

  for (const one of ["kernel per-connection http1 plain", "portable pool http2 tls"].map(shortOf)) {
    test(`SIGHUP and another configuration cost no request and are never undone, ${nameOf(one)}`, async (t) => {
      const { tally, mistakes } = await reloadUnderLoad(t, one, { requestCount, reloadCount: 5 });
      assert.deepEqual([tally.failures, mistakes, tally.answeredCount], [[], [], requestCount]);
    });
  }
});
