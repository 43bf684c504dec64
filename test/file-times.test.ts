// Files with times that no file should have: before 1970, in the future, and beyond what 64 bits of nanoseconds hold, as an
// archive or a wrong clock leaves them. Both transports read them alike, and say nothing that is not true.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { RawClient } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";

/** A tmpfs keeps 64 bits of seconds; most disks keep fewer. */
const PLACE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** In seconds, and the Last-Modified. */
const TIMES: [what: string, seconds: number, lastModified: string | undefined | "now"][] = [
  ["at the epoch", 0, undefined],
  ["a second after the epoch", 1, undefined],
  ["before the epoch", -0.5, undefined],
  ["in 1900", -2_208_988_800, undefined],
  ["before the first 64-bit nanosecond", -9_223_372_037, undefined],
  ["in the year 1", -62_135_596_800, undefined],
  ["in 2001", 1_000_000_000, "Sun, 09 Sep 2001 01:46:40 GMT"],
  ["in 2100", 4_102_444_800, "now"],
  ["behind the last 64-bit nanosecond", 9_223_372_037, "now"],
  ["at a time that wraps to a negative one", 10_000_000_000, "now"],
  ["at a time that wraps to the past", 18_446_744_074 + 1_000_000_000, "now"],
  ["in the year 9999", 253_402_214_400, "now"],
  ["behind the last date of JavaScript", 1e14, "now"],
];

for (const [what, seconds, expected] of TIMES) {
  test(`a file that was modified ${what} is the same on every transport`, async (t) => {
    const root = mkdtempSync(join(PLACE, "heddle-times-"));
    t.after(() => rmSync(root, { recursive: true }));
    for (const [name, sizeBytes] of [
      ["small.txt", 10],
      ["large.txt", 300_000],
    ] as const) {
      writeFileSync(join(root, name), Buffer.alloc(sizeBytes, "x"));
      // Node takes a negative number for now.
      utimesSync(join(root, name), 1, seconds < 0 ? new Date(seconds * 1000) : seconds);
    }
    const clients: RawClient[] = [];
    for (const transport of TRANSPORTS) {
      clients.push(await openClient(t, await startServer(t, { root, transport, threads: 1, listing: true })));
    }
    for (const path of ["/small.txt", "/large.txt"]) {
      const tags = new Set<string | undefined>();
      for (const client of clients) {
        const { status, fields } = await client.request("HEAD", path);
        assert.equal(status, 200);
        const lastModified = fields.get("last-modified");
        if (expected === "now") assert.ok(Math.abs(Date.parse(lastModified!) - Date.now()) < 60_000);
        else assert.equal(lastModified, expected);
        tags.add(fields.get("etag")?.replace("W/", ""));
      }
      assert.equal(tags.size, 1);
    }
    const listings = new Set<string>();
    for (const client of clients) {
      const { status, body } = await client.request("GET", "/", "Accept: application/json\r\n");
      assert.equal(status, 200);
      listings.add(body.toString());
    }
    assert.equal(listings.size, 1);
  });
}
