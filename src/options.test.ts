// What resolveOptions() takes, refuses and fills in.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "./http1/limits.ts";
import { DEFAULTS, OptionError, RANGES, resolveOptions, type ServerOptions } from "./options.ts";

test("resolveOptions() fills in every default", () => {
  const { accept, root, ...others } = resolveOptions();
  assert.deepEqual(others, {
    host: "localhost",
    port: 8080,
    isPortFixed: false,
    socket: undefined,
    socketMode: 0o660,
    mode: "pool",
    threads: availableParallelism(),
    maxThreads: 128,
    transport: "auto",
    isAcceptFixed: false,
    revalidateMs: 1000,
    graceMs: 10_000,
    cacheLimitBytes: 64 * 1024 * 1024,
    connectionLimitCount: 16_384,
    stallTimeoutMs: 10_000,
    trace: false,
    limits: DEFAULT_LIMITS,
  });
  assert.equal(root, resolve(existsSync("public") ? "public" : "."));
  assert.equal(accept, ["darwin", "win32"].includes(process.platform) ? "transfer" : "reuse-port");
});

test("resolveOptions() takes an explicit undefined for an option that is not there", () => {
  const nothing = Object.fromEntries(
    ["root", "socket", "limits", ...Object.keys(DEFAULTS)].map((name) => [name, undefined]),
  );
  assert.deepEqual(resolveOptions(nothing as ServerOptions), resolveOptions({}));
});

test("resolveOptions() makes the root absolute", () => {
  assert.equal(resolveOptions({ root: "docs/../src" }).root, resolve("src"));
});

test("resolveOptions() fixes a port that was asked for, the default one included", () => {
  assert.equal(resolveOptions({ port: 8080 }).isPortFixed, true);
  assert.equal(resolveOptions({ port: 0 }).isPortFixed, true);
});

test("resolveOptions() keeps threads and mode apart", () => {
  const { mode, threads } = resolveOptions({ threads: 3 });
  assert.deepEqual({ mode, threads }, { mode: "pool", threads: 3 });
  assert.equal(resolveOptions({ threads: "per-connection" }).mode, "per-connection");
});

test("resolveOptions() overrides single limits and keeps the others", () => {
  const { limits } = resolveOptions({ limits: { headLimitCount: 7, minimumRateBytesPerSecond: 0 } });
  assert.deepEqual(limits, { ...DEFAULT_LIMITS, headLimitCount: 7, minimumRateBytesPerSecond: 0 });
});

test("resolveOptions() returns what is frozen and survives structuredClone", () => {
  const options = resolveOptions({ threads: 2 });
  assert.ok(Object.isFrozen(options) && Object.isFrozen(options.limits));
  assert.deepEqual(structuredClone(options), options);
});

for (const [name, [lowest, highest]] of Object.entries(RANGES)) {
  test(`resolveOptions() takes ${name} from ${lowest} to ${highest} and nothing beyond`, () => {
    for (const value of [lowest, highest]) {
      assert.equal(Reflect.get(resolveOptions({ [name]: value }), name), value);
    }
    for (const value of [lowest - 1, highest + 1, lowest + 0.5, Number.NaN, String(lowest), null]) {
      assert.throws(() => resolveOptions({ [name]: value } as ServerOptions), refused(name));
    }
  });
}

const refusals: { options: object; option: string; message: string }[] = [
  { options: { port: "80" }, option: "port", message: 'port: found "80", wanted a whole number from 0 to 65535' },
  { options: { port: NaN }, option: "port", message: "port: found NaN, wanted a whole number from 0 to 65535" },
  { options: { port: 80n }, option: "port", message: "port: found 80n, wanted a whole number from 0 to 65535" },
  {
    options: { threads: 0 },
    option: "threads",
    message: 'threads: found 0, wanted a whole number from 1 to 512, "auto" or "per-connection"',
  },
  {
    options: { threads: null },
    option: "threads",
    message: 'threads: found null, wanted a whole number from 1 to 512, "auto" or "per-connection"',
  },
  {
    options: { transport: "quick" },
    option: "transport",
    message: 'transport: found "quick", wanted "auto", "portable" or, on Linux, "kernel"',
  },
  {
    options: { host: "" },
    option: "host",
    message: 'host: found "", wanted a string that is not empty and has no NUL in it',
  },
  {
    options: { root: "a\0b" },
    option: "root",
    message: 'root: found "a\\u0000b", wanted a string that is not empty and has no NUL in it',
  },
  { options: { trace: "yes" }, option: "trace", message: 'trace: found "yes", wanted true or false' },
  { options: { limits: null }, option: "limits", message: "limits: found null, wanted an object" },
  {
    options: { limits: { headLimitCount: 0 } },
    option: "limits.headLimitCount",
    message: "limits.headLimitCount: found 0, wanted a whole number from 1 to 1048576",
  },
];

for (const { options, option, message } of refusals) {
  test(`resolveOptions() refuses with ${message}`, () => {
    assert.throws(() => resolveOptions(options), { name: "OptionError", option, message });
  });
}

test("resolveOptions() makes the path of a socket absolute, and takes the longest that there can be", () => {
  assert.equal(resolveOptions({ socket: "run/heddle" }).socket, resolve("run/heddle"));
  const longest = `/${"x".repeat(106)}`;
  assert.equal(resolveOptions({ socket: longest }).socket, longest);
  assert.throws(() => resolveOptions({ socket: `${longest}x` }), refused("socket"));
  assert.throws(() => resolveOptions({ socket: `/${"ä".repeat(54)}` }), refused("socket"));
});

test("resolveOptions() refuses host and port beside socket", () => {
  assert.throws(() => resolveOptions({ socket: "a", host: "::" }), refused("host"));
  assert.throws(() => resolveOptions({ socket: "a", port: 80 }), refused("port"));
});

for (const socketMode of [-1, 0o1000, 1.5, "660", null]) {
  test(`resolveOptions() refuses the socketMode ${JSON.stringify(socketMode)}`, () => {
    assert.throws(() => resolveOptions({ socketMode } as ServerOptions), refused("socketMode"));
  });
}

test("resolveOptions() knows whether accept was asked for", () => {
  assert.equal(resolveOptions({ accept: "transfer" }).isAcceptFixed, true);
  assert.equal(resolveOptions({ accept: "auto" }).isAcceptFixed, false);
});

if (process.platform === "linux") {
  test("resolveOptions() refuses an accept for the kernel transport, which has its own", () => {
    assert.throws(() => resolveOptions({ transport: "kernel", accept: "transfer" }), {
      message: 'accept: found "transfer", wanted "auto" with transport "kernel"',
    });
  });
}

test("resolveOptions() refuses an accept that does not exist, and names those of this platform", () => {
  assert.throws(
    () => resolveOptions({ accept: "spread" as "auto" }),
    /^OptionError: accept: found "spread", wanted "auto"/,
  );
});

test("resolveOptions() refuses unknown options and names the known ones", () => {
  assert.throws(
    () => resolveOptions({ prot: 80 } as ServerOptions),
    /prot: found 80, wanted one of root, host, port, /,
  );
  assert.throws(
    () => resolveOptions({ limits: { headLimit: 1 } } as ServerOptions),
    /limits\.headLimit: found 1, wanted one of headLimitBytes, /,
  );
});

function refused(name: string): (error: unknown) => boolean {
  return (error) => error instanceof OptionError && error.option === name;
}
