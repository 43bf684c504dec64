// The two forms of what is said at the start.
import assert from "node:assert/strict";
import { test } from "node:test";
import { banner, plainLine, type Serving } from "./banner.ts";

const serving: Serving = {
  version: "1.2.3",
  root: "/srv/site",
  urls: ["http://localhost:8080/"],
  mode: "pool",
  threads: 2,
  maxThreads: 128,
  transport: { kind: "kernel", reason: undefined },
  hasMptcp: false,
  mptcpObstacle: undefined,
  adminUrl: undefined,
  consoleUrl: undefined,
  busyPort: undefined,
  sandbox: undefined,
  isHostOfVariable: false,
};

const lines: { name: string; serving: Partial<Serving>; line: string }[] = [
  {
    name: "a pool",
    serving: {},
    line: "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with 2 threads, transport kernel",
  },
  {
    name: "one thread",
    serving: { threads: 1 },
    line: "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with 1 thread, transport kernel",
  },
  {
    name: "a thread per connection",
    serving: { mode: "per-connection" },
    line: "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with a thread per connection, at most 128, transport kernel",
  },
  {
    name: "Multipath TCP",
    serving: { hasMptcp: true },
    line: "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with 2 threads, transport kernel, MPTCP on",
  },
  {
    name: "no Multipath TCP, which was wanted",
    serving: { mptcpObstacle: "net.mptcp.enabled is 0" },
    line: "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with 2 threads, transport kernel, MPTCP off (net.mptcp.enabled is 0)",
  },
  {
    name: "Multipath TCP at one of two addresses",
    serving: { hasMptcp: true, mptcpObstacle: "net.mptcp.enabled is 0" },
    line: "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with 2 threads, transport kernel, MPTCP not at each address (net.mptcp.enabled is 0)",
  },
  {
    name: "several addresses",
    serving: { urls: ["http://localhost:80/", "http://192.0.2.7:80/"] },
    line: "heddle 1.2.3 serving /srv/site on http://localhost:80/ and http://192.0.2.7:80/ with 2 threads, transport kernel",
  },
  {
    name: "an address that nobody may have asked for",
    serving: { isHostOfVariable: true },
    line: "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with 2 threads, transport kernel (the address is from the variable HOST)",
  },
  {
    name: "a port that moved",
    serving: { urls: ["http://localhost:8081/"], busyPort: 8080 },
    line:
      "heddle 1.2.3 serving /srv/site on http://localhost:8081/ with 2 threads, transport kernel " +
      "(port 8080 was in use, so this is the next free one)",
  },
  {
    name: "a sandbox",
    serving: { sandbox: "reads /srv, writes no files" },
    line:
      "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with 2 threads, transport kernel, " +
      "sandbox reads /srv, writes no files",
  },
  {
    name: "a Unix socket",
    serving: { urls: ["unix:/run/a\x07.sock"] },
    line: "heddle 1.2.3 serving /srv/site on unix:/run/a\\x07.sock with 2 threads, transport kernel",
  },
  {
    name: "the portable transport, and why",
    serving: { transport: { kind: "portable", reason: "no luck" } },
    line: "heddle 1.2.3 serving /srv/site on http://localhost:8080/ with 2 threads, transport portable (no luck)",
  },
  {
    name: "a folder whose name would steer the terminal",
    serving: { root: "/srv/\x1b[2J\nx\x9b" },
    line: "heddle 1.2.3 serving /srv/\\x1b[2J\\x0ax\\x9b on http://localhost:8080/ with 2 threads, transport kernel",
  },
];

for (const { name, serving: change, line } of lines) {
  test(`plainLine() is one line for ${name}`, () => {
    assert.equal(plainLine({ ...serving, ...change }), line);
  });
}

test("banner() is a block with local and network addresses", () => {
  const urls = ["http://127.0.0.1:80/", "http://[::1]:80/", "http://192.0.2.7:80/", "http://[2001:db8::7]:80/"];
  assert.equal(
    banner({ ...serving, urls, busyPort: 79 }, (_style, text) => text),
    [
      "",
      "  heddle 1.2.3",
      "",
      "  Local      http://127.0.0.1:80/",
      "  Local      http://[::1]:80/",
      "  Network    http://192.0.2.7:80/",
      "  Network    http://[2001:db8::7]:80/",
      "  Root       /srv/site",
      "  Threads    2",
      "  Transport  kernel",
      "",
      "  port 79 was in use, so this is the next free one",
      "  Ctrl+C stops",
      "",
      "",
    ].join("\n"),
  );
});

test("banner() names a Unix socket", () => {
  assert.match(
    banner({ ...serving, urls: ["unix:/run/a.sock"] }, (_style, text) => text),
    /\n {2}Socket {5}unix:\/run\/a\.sock\n/,
  );
});

test("banner() says how many threads there can be when each connection has its own", () => {
  assert.match(
    banner({ ...serving, mode: "per-connection" }, (_style, text) => text),
    /\n {2}Threads {4}one per connection, at most 128\n/,
  );
});

test("banner() paints, and its words stay the same", () => {
  const painted = banner(serving, (style, text) => `<${style}>${text}</>`);
  assert.match(painted, /<cyan>http:\/\/localhost:8080\/<\/>/);
  assert.equal(
    painted.replace(/<.*?>/g, ""),
    banner(serving, (_style, text) => text),
  );
});
