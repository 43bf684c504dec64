// One line for each reason not to start.
import assert from "node:assert/strict";
import { test } from "node:test";
import { listenersOf, type ResolvedListener } from "../options/listen-options.ts";
import { OptionError } from "../options/mistakes.ts";
import type { Sources } from "../options/sources/sources.ts";
import { listenFailure } from "./failure.ts";

const ADDRESS = {
  host: "localhost",
  port: 80,
  isPortFixed: true,
  socket: undefined,
  socketMode: 0o660,
  fd: [],
  manner: { isSecure: false, hasProxyHeader: false },
};
const at = (place: Partial<typeof ADDRESS> | { socket: string }): readonly ResolvedListener[] =>
  listenersOf({ ...ADDRESS, ...place });
const wanted = { root: "/srv", listen: at({}) };

const cases: { code: string; host?: string; sources?: Sources; line: string }[] = [
  {
    code: "EADDRINUSE",
    line: "port 80 is in use on localhost. Choose another with --port, or --port 0 for any free one.",
  },
  {
    code: "EADDRINUSE",
    sources: { port: "PORT" },
    line: "port 80 (from the variable PORT) is in use on localhost. Choose another with --port, or --port 0 for any free one.",
  },
  {
    code: "EACCES",
    sources: { port: "--port" },
    line: "this user may not open port 80 on localhost. Ports below 1024 are often reserved; choose another with --port.",
  },
  {
    code: "ENOTFOUND",
    host: "x86_64-linux",
    sources: { host: "HOST" },
    line: "host not found: x86_64-linux (from the variable HOST). Choose an address of this machine with --host.",
  },
  {
    code: "EADDRNOTAVAIL",
    host: "192.0.2.1",
    sources: { host: "--host" },
    line: "192.0.2.1 is not an address of this machine. Choose another with --host.",
  },
  {
    code: "EAFNOSUPPORT",
    host: "::",
    line: "this machine has no IPv6: :: is not one of its addresses. Choose another with --host.",
  },
  { code: "EINVAL", host: "::", line: "cannot listen on port 80 of ::: why" },
  {
    code: "ENOTFOUND",
    host: "\x1b[2J",
    line: "host not found: \\x1b[2J. Choose an address of this machine with --host.",
  },
];

for (const { code, host = "localhost", sources = {}, line } of cases) {
  test(`listenFailure() explains ${code} on ${JSON.stringify(host)} ${JSON.stringify(sources)}`, () => {
    const error = Object.assign(new Error("why"), { code });
    assert.equal(listenFailure(error, { ...wanted, listen: at({ host }) }, sources), line);
  });
}

const socketCases: [code: string, line: string][] = [
  ["EADDRINUSE", "another program listens on /run/a\\x0a. Stop it, or choose another path with --socket."],
  ["ENOTSOCK", "/run/a\\x0a exists and is not a socket. Remove it, or choose another path with --socket."],
  ["ENOENT", "the folder of /run/a\\x0a does not exist. Create it, or choose another path with --socket."],
  ["EACCES", "this user may not create a socket at /run/a\\x0a. Choose another path with --socket."],
  ["EROFS", "cannot listen on /run/a\\x0a: why"],
];

for (const [code, line] of socketCases) {
  test(`listenFailure() explains ${code} on a Unix socket`, () => {
    const error = Object.assign(new Error("why"), { code });
    assert.equal(listenFailure(error, { ...wanted, listen: at({ socket: "/run/a\n" }) }, {}), line);
  });
}

test("listenFailure() names the listener that failed, and the list that it is from", () => {
  const listener = {
    kind: "address",
    name: "b:81",
    option: "listen[1]",
    host: "b",
    port: 81,
    isPortFixed: true,
  } as const;
  const error = Object.assign(new Error("why"), { code: "EADDRINUSE", listener });
  const line =
    "port 81 (from heddle.config.ts) is in use on b. Choose another with --listen, or port 0 for any free one.";
  assert.equal(listenFailure(error, wanted, { listen: "heddle.config.ts" }), line);
});

test("listenFailure() throws what is not a system error", () => {
  const mistake = new RangeError("ours");
  for (const place of [{}, { socket: "/run/a" }]) {
    assert.throws(() => listenFailure(mistake, { ...wanted, listen: at(place) }, {}), mistake);
  }
});

for (const [sources, name] of [
  [{ transport: "--transport" }, "--transport"],
  [{}, "transport"],
] as const) {
  test(`listenFailure() names ${name} when its value cannot be`, () => {
    const error = new OptionError("transport", "kernel", '"portable", because of this');
    const line = `${name}: found "kernel", wanted "portable", because of this`;
    assert.equal(listenFailure(error, wanted, sources), line);
  });
}

test("listenFailure() names the folder that cannot be served", () => {
  const error = new OptionError("root", "/srv/\n", "a folder that can be read");
  assert.equal(listenFailure(error, { ...wanted, root: "/srv/\n" }, {}), "/srv/\\x0a does not exist.");
});
