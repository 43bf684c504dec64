// Which of two sources counts, where paths lead, and who is told about a mistake.
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { makeSite } from "../../../test/support/site.ts";
import type { ServerOptions } from "../server-options.ts";
import { readSettings, type Sources } from "./sources.ts";

const rows: { name: string; file: ServerOptions; given: ServerOptions; from: Sources; options: ServerOptions }[] = [
  {
    name: "takes what is given before what the file says",
    file: { port: 1, cleanUrls: true },
    given: { port: 2 },
    from: { port: "--port" },
    options: { port: 2, cleanUrls: true },
  },
  {
    name: "lets a given port displace the socket of the file",
    file: { socket: "/s" },
    given: { port: 2 },
    from: { port: "HEDDLE_PORT" },
    options: { port: 2 },
  },
  {
    name: "lets sockets of systemd displace host and port of the file",
    file: { host: "h", port: 1 },
    given: { fd: [3] },
    from: { fd: "LISTEN_FDS" },
    options: { fd: [3] },
  },
  {
    name: "lets a given port displace the descriptors of the file",
    file: { fd: 3 },
    given: { port: 1 },
    from: { port: "--port" },
    options: { port: 1 },
  },
  {
    name: "takes no PORT of the environment when the file has a socket",
    file: { socket: "/s" },
    given: { port: 2 },
    from: { port: "PORT" },
    options: { socket: "/s" },
  },
  {
    name: "lets a given socket displace host and port of the file",
    file: { host: "::1", port: 80 },
    given: { socket: "/s" },
    from: { socket: "--socket" },
    options: { socket: "/s" },
  },
];

for (const { name, file, given, from, options } of rows) {
  test(`readSettings() ${name}`, async () => {
    const settings = await readSettings({ options: given, sources: from, config: "a.json" }, "/", async () => file);
    assert.deepEqual(settings.options, options);
  });
}

test("readSettings() takes paths of the file from its folder, and given ones from the working directory", async () => {
  const load = async (): Promise<unknown> => ({ mounts: { "/docs": "docs" } });
  const given = { options: { root: "www" }, sources: { root: "root" }, config: "/etc/heddle/a.json" };
  const { resolved, sources, file } = await readSettings(given, "/home", load);
  assert.equal(resolved.site.root, resolve("/home/www"));
  assert.deepEqual(resolved.site.mounts, { "/docs": resolve("/etc/heddle/docs") });
  assert.deepEqual(sources, { root: "root", mounts: "a.json" });
  assert.equal(file, resolve("/etc/heddle/a.json"));
});

test("readSettings() takes the files that flags name from the working directory", async () => {
  const options = { logFile: "a.log", pidFile: "a.pid", listen: ["unix:a.sock,proxy-protocol", "unix:b.sock"] };
  const given = { options, sources: {}, config: "/etc/heddle/a.json" };
  const { resolved } = await readSettings(given, "/home", async () => ({ trustedProxies: ["unix"] }));
  assert.equal(resolved.logFile, resolve("/home/a.log"));
  assert.equal(resolved.log, "combined");
  assert.equal(resolved.pidFile, resolve("/home/a.pid"));
  const places = resolved.listen.map((one) => [one.name, one.hasProxyHeader]);
  assert.deepEqual(places, [
    [`unix:${resolve("/home/a.sock")}`, true],
    [`unix:${resolve("/home/b.sock")}`, false],
  ]);
});

test("readSettings() names all mistakes of a file, with its name", async (t) => {
  const folder = makeSite(t, { "heddle.config.json": '{ "prot": 1, "redirects": [{ "from": "/a", "to": 5 }] }' });
  await assert.rejects(readSettings({ options: {}, sources: {}, config: undefined }, folder), (error: Error) => {
    assert.match(
      error.message,
      /^heddle\.config\.json: redirects\[0\]\.to: found 5, wanted .*\nheddle\.config\.json: prot: found an unknown name, wanted port/,
    );
    return true;
  });
});

test("readSettings() names the source of a conflict", async () => {
  const load = async (): Promise<unknown> => ({ socket: "/s", accept: "transfer", transport: "portable" });
  const given = { options: { port: 80 }, sources: {}, config: "a.json" };
  await assert.rejects(
    readSettings({ ...given, options: { root: "" } as ServerOptions, sources: { root: "--root" } }, "/", async () => [
      1,
    ]),
    {
      message: "a.json: found a list, wanted an object of options",
    },
  );
  const settings = await readSettings({ ...given, sources: { port: "--port" } }, "/", load);
  assert.equal(settings.resolved.socket, undefined);
});

for (const [found, kind] of [
  [null, "null, wanted an object of options"],
  [5, "a number, wanted an object of options"],
  [() => ({}), "a function, wanted an object of options: export what it returns, or a promise of it"],
] as const) {
  test(`readSettings() says that a file has ${kind}`, async () => {
    const given = { options: {}, sources: {}, config: "a.js" };
    await assert.rejects(
      readSettings(given, "/", async () => found),
      { message: `a.js: found ${kind}` },
    );
  });
}

test("readSettings() reads no file when none is wanted", async (t) => {
  const folder = makeSite(t, { "heddle.config.json": "no JSON" });
  const { file, resolved } = await readSettings({ options: {}, sources: {}, config: false }, folder);
  assert.equal(file, undefined);
  assert.equal(resolved.site.root, folder);
  await assert.rejects(readSettings({ options: {}, sources: {}, config: undefined }, folder), /heddle\.config\.json/);
});

test("readSettings() reads the file that is named", async (t) => {
  const folder = makeSite(t, { "other.json": '{ "port": 1 }' });
  const { resolved } = await readSettings({ options: {}, sources: {}, config: "other.json" }, folder);
  assert.equal(resolved.port, 1);
  assert.equal(
    (await readSettings({ options: {}, sources: {}, config: join(folder, "other.json") }, "/")).resolved.port,
    1,
  );
});
