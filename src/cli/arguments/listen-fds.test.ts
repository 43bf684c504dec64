// Which sockets of systemd are taken, and for what.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inheritedSockets, socketsOfOthers } from "../../options/listen-fds.ts";
import { parseArguments } from "./parse.ts";

const PID = 4711;
const ours = (variables: Record<string, string>) => ({ LISTEN_PID: String(PID), ...variables });

const cases: { name: string; environment: Record<string, string>; found: object }[] = [
  { name: "nothing without variables", environment: {}, found: {} },
  { name: "one socket", environment: ours({ LISTEN_FDS: "1" }), found: { fd: ["3"] } },
  { name: "all sockets", environment: ours({ LISTEN_FDS: "3" }), found: { fd: ["3", "4", "5"] } },
  {
    name: "sockets with any names",
    environment: ours({ LISTEN_FDS: "2", LISTEN_FDNAMES: "heddle.socket:web" }),
    found: { fd: ["3", "4"] },
  },
  {
    name: "the socket called redirect for redirects",
    environment: ours({ LISTEN_FDS: "3", LISTEN_FDNAMES: "web:redirect:web" }),
    found: { fd: ["3", "5"], tlsRedirectFd: "4" },
  },
  {
    name: "one socket for redirects, though two have the name",
    environment: ours({ LISTEN_FDS: "2", LISTEN_FDNAMES: "redirect:redirect" }),
    found: { fd: ["4"], tlsRedirectFd: "3" },
  },
  {
    name: "fewer names than sockets",
    environment: ours({ LISTEN_FDS: "2", LISTEN_FDNAMES: "redirect" }),
    found: { fd: ["4"], tlsRedirectFd: "3" },
  },
  { name: "nothing for another process", environment: { LISTEN_PID: "1", LISTEN_FDS: "1" }, found: {} },
  { name: "nothing without the number of the process", environment: { LISTEN_FDS: "1" }, found: {} },
  { name: "nothing for what is no number", environment: ours({ LISTEN_FDS: "-1" }), found: {} },
];

for (const { name, environment, found } of cases) {
  test(`inheritedSockets() finds ${name}`, () => assert.deepEqual(inheritedSockets(environment, PID), found));
}

test("socketsOfOthers() says why sockets are not used", () => {
  const [text, ...others] = socketsOfOthers({ LISTEN_PID: "1", LISTEN_FDS: "1" }, PID);
  assert.match(text!, /for process 1, and this is 4711, .*exec/);
  assert.deepEqual(others, []);
  assert.deepEqual(socketsOfOthers(ours({ LISTEN_FDS: "1" }), PID), []);
  assert.deepEqual(socketsOfOthers({ LISTEN_PID: "1", LISTEN_FDS: "0" }, PID), []);
});

const systemd = { LISTEN_PID: String(process.pid), LISTEN_FDS: "2" };
const lines: { name: string; argv: string[]; environment: Record<string, string>; fd: unknown; source: string }[] = [
  { name: "systemd's sockets", argv: [], environment: systemd, fd: [3, 4], source: "LISTEN_FDS" },
  { name: "a flag before systemd", argv: ["--fd", "7", "--fd", "8"], environment: systemd, fd: [7, 8], source: "--fd" },
  {
    name: "our variable before systemd's",
    argv: [],
    environment: { ...systemd, HEDDLE_FD: "5, 6" },
    fd: [5, 6],
    source: "HEDDLE_FD",
  },
  {
    name: "no address that a shell has set",
    argv: [],
    environment: { ...systemd, HOST: "0.0.0.0", PORT: "80" },
    fd: [3, 4],
    source: "LISTEN_FDS",
  },
];

for (const { name, argv, environment, fd, source } of lines) {
  test(`parseArguments() takes ${name}`, () => {
    const parsed = parseArguments(argv, environment, "");
    assert.ok(parsed.kind === "run");
    assert.deepEqual(parsed.options, { fd });
    assert.deepEqual(parsed.sources, { fd: source });
  });
}
