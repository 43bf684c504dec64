// Places to listen, as people write them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ListenPlace, parseListen } from "./listen-options.ts";
import { OptionError } from "./mistakes.ts";
import { resolveOptions } from "./resolve.ts";
import type { ServerOptions } from "./server-options.ts";

const texts: [text: string, place: ListenPlace | undefined][] = [
  ["localhost:8080", { host: "localhost", port: 8080 }],
  [":80", { port: 80 }],
  ["*:80", { port: 80 }],
  ["[::1]:0", { host: "::1", port: 0 }],
  ["127.0.0.1:65535", { host: "127.0.0.1", port: 65_535 }],
  ["unix:/run/heddle.sock", { socket: "/run/heddle.sock" }],
  ["unix:heddle.sock", { socket: "heddle.sock" }],
  ["unix:@heddle", { socket: "@heddle" }],
  ["fd:3", { fd: 3 }],
  ["fd:web", { fd: "web" }],
  [":443,tls", { port: 443, tls: true }],
  ["localhost:80,no-tls,proxy-protocol", { host: "localhost", port: 80, tls: false, proxyProtocol: true }],
  ["unix:/a,b,no-proxy-protocol", { socket: "/a,b", proxyProtocol: false }],
  [":80,", undefined],
  [",no-tls", undefined],
  [":80,quic", undefined],
  ["8080", undefined],
  ["localhost", undefined],
  ["localhost:65536", undefined],
  ["::1:80", undefined],
  ["http://localhost:80", undefined],
  ["/run/heddle.sock", undefined],
  ["unix:", undefined],
  ["unix://run/a", undefined],
  ["unix:a\0b", undefined],
  ["fd:", undefined],
  ["fd:a:b", undefined],
  ["fd:a b", undefined],
];

for (const [text, place] of texts) {
  test(`parseListen() of ${JSON.stringify(text)}`, () => assert.deepEqual(parseListen(text), place));
}

const listenOf = (options: ServerOptions): object[] =>
  resolveOptions(options, "/srv").listen.map(({ option, isSecure, hasProxyHeader, ...one }) => ({
    ...one,
    ...(isSecure && { isSecure }),
    ...(hasProxyHeader && { hasProxyHeader }),
    from: option,
  }));

test("resolveOptions() makes one list of all ways to say where to listen", () => {
  const address = { kind: "address", host: "localhost" };
  assert.deepEqual(listenOf({}), [
    { ...address, name: "localhost:8080", port: 8080, isPortFixed: false, from: "port" },
  ]);
  assert.deepEqual(listenOf({ fd: [3, 4] }), [
    { kind: "fd", name: "fd:3", fd: 3, from: "fd" },
    { kind: "fd", name: "fd:4", fd: 4, from: "fd" },
  ]);
  assert.deepEqual(listenOf({ socket: "a.sock" }), [
    { kind: "socket", name: "unix:/srv/a.sock", path: "/srv/a.sock", mode: 0o660, from: "socket" },
  ]);
  const listen = ["localhost:80", { socket: "@web" }, { socket: "b", socketMode: 0o600 }, "fd:web"];
  assert.deepEqual(listenOf({ listen, socketMode: 0o666 }), [
    { ...address, name: "localhost:80", port: 80, isPortFixed: true, from: "listen[0]" },
    { kind: "socket", name: "unix:@web", path: "@web", mode: 0o666, from: "listen[1]" },
    { kind: "socket", name: "unix:/srv/b", path: "/srv/b", mode: 0o600, from: "listen[2]" },
    { kind: "fd", name: "fd:web", fd: "web", from: "listen[3]" },
  ]);
});

test("resolveOptions() says of each place whether TLS and a PROXY header come first", () => {
  const tls = { cert: "a", key: "b" };
  const mannersOf = (options: ServerOptions): boolean[][] =>
    resolveOptions({ trustedProxies: ["::1"], ...options }, "/srv").listen.map(({ isSecure, hasProxyHeader }) => [
      isSecure,
      hasProxyHeader,
    ]);
  assert.deepEqual(mannersOf({}), [[false, false]]);
  assert.deepEqual(mannersOf({ tls, proxyProtocol: true }), [[true, true]]);
  assert.deepEqual(mannersOf({ tls, proxyProtocol: true, fd: [3] }), [[true, true]]);
  const listen = [":80,no-tls", { port: 443 }, { socket: "a", tls: false, proxyProtocol: true }];
  assert.deepEqual(mannersOf({ tls, listen }), [
    [false, false],
    [true, false],
    [false, true],
  ]);
  assert.deepEqual(mannersOf({ listen: [":80", ":81,no-proxy-protocol"], proxyProtocol: true }), [
    [false, true],
    [false, false],
  ]);
});

const mistakes: [options: ServerOptions, message: RegExp][] = [
  [{ listen: [] }, /^listen: found \[\], wanted at least one place/],
  [{ listen: "8080" }, /^listen: found "8080", wanted an address like "localhost:8080"/],
  [{ listen: ["a:1", "b"] }, /^listen\[1\]: found "b", wanted an address/],
  [{ listen: { host: "a" } }, /^listen: found .*, wanted a port together with host/],
  [{ listen: { port: 1, fd: 3 } }, /^listen: found .*, wanted either host and port, or socket, or fd/],
  [{ listen: { port: 1, socketMode: 0o600 } }, /^listen: found .*, wanted socketMode only together with socket/],
  [{ listen: ["a:1", { host: "a", port: 1 }] }, /^listen\[1\]: found "a:1", wanted another place than listen\[0\]/],
  [{ listen: [":80", ":443,tls"] }, /^listen\[1\]: found "tls", wanted the option tls, too/],
  [{ listen: ":80,proxy-protocol" }, /^listen: found "proxy-protocol", wanted trustedProxies, too/],
  [{ listen: ":80", port: 80 }, /^port: found 80, wanted no port together with listen/],
  [{ listen: `unix:/${"a".repeat(107)}` }, /^listen: found .*, wanted an absolute path of at most 107 bytes/],
  [{ listen: Array.from({ length: 65 }, (_, index) => `a:${index}`) }, /wanted up to 64 places$/],
];

for (const [options, message] of mistakes) {
  test(`resolveOptions() refuses ${JSON.stringify(options).slice(0, 60)}`, () => {
    assert.throws(
      () => resolveOptions(options, "/srv"),
      (error) => error instanceof OptionError && message.test(error.message),
    );
  });
}
