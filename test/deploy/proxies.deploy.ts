// The proxies of deploy/proxies/ in front of Heddle, for real: over TCP and over a Unix socket that only their group may
// connect to. They run as the user of Debian's packages where the test runs as root.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Command } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { makeSite } from "../support/site.ts";
import { ENVIRONMENT, missing, read, run } from "./programs.ts";

const isRoot = process.getuid?.() === 0;
const SOCKET_PATH = "/run/heddle.sock";

interface Proxy {
  readonly program: string;
  /** The user that it runs as in Debian, and its group. */
  readonly user: string;
  /** The configuration, complete, that listens at a port and asks a server at an address. */
  readonly configure: (folder: string, port: number, server: string) => string;
  readonly check: (file: string) => string[];
  readonly start: (file: string) => string[];
}

const SERVER_PORT = "127.0.0.1:8080";

const PROXIES: readonly Proxy[] = [
  {
    program: "nginx",
    user: "www-data",
    configure: (folder, port, server) => {
      const site = read("proxies/nginx.conf").replace("listen 80;", `listen 127.0.0.1:${port};`);
      const socket = server.startsWith("/") ? `unix:${server}` : server;
      const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
        (name) => `${name}_temp_path ${folder}/${name};`,
      );
      return `${isRoot ? "user www-data;" : ""} daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
        events {} http { access_log off; ${paths.join(" ")} ${site.replace(SERVER_PORT, socket)} }`;
    },
    check: (file) => ["-t", "-q", "-c", file],
    start: (file) => ["-c", file],
  },
  {
    program: "haproxy",
    user: "haproxy",
    configure: (_folder, port, server) => {
      const socket = server.startsWith("/") ? `unix@${server}` : server;
      const users = isRoot ? "global\n    user haproxy\n    group haproxy\n" : "global\n";
      return read("proxies/haproxy.cfg")
        .replace("global\n", users)
        .replace("bind :80", `bind 127.0.0.1:${port}`)
        .replace(SERVER_PORT, socket);
    },
    check: (file) => ["-c", "-q", "-f", file],
    start: (file) => ["-db", "-f", file],
  },
  {
    program: "caddy",
    user: "caddy",
    configure: (folder, port, server) => {
      const socket = server.startsWith("/") ? `unix/${server}` : server;
      const site = read("proxies/Caddyfile").replace("\n:80 {", `\nhttp://127.0.0.1:${port} {`);
      return `{\n\tadmin off\n\tstorage file_system ${folder}/storage\n}\n${site.replace(`proxy ${SERVER_PORT}`, `proxy ${socket}`)}`;
    },
    check: (file) => ["validate", "--adapter", "caddyfile", "--config", file],
    start: (file) => ["run", "--adapter", "caddyfile", "--config", file],
  },
];

for (const proxy of PROXIES) {
  const { program } = proxy;
  for (const kind of ["TCP", "a Unix socket"]) {
    const skip = missing(program);
    test(`${program} passes requests to heddle over ${kind}`, { skip, timeout: 60_000 }, async (t) => {
      const root = makeSite(t, { "index.html": "behind a proxy", "large.bin": Buffer.alloc(3_000_000, 7) });
      const { server, argv } = kind === "TCP" ? await overTcp() : overSocket(t, proxy);
      const trust = ["--trusted-proxies", kind === "TCP" ? "127.0.0.1" : "unix"];
      const log = ["--log", "log of {client} {status}"];
      const heddle = new Command(t, [root, "--no-config", "--trace", ...trust, ...log, ...argv]);
      await heddle.printed(/ serving /);
      if (kind !== "TCP" && isRoot) assert.equal(statSync(server).mode & 0o777, 0o660);
      const port = await freePort();
      const child = await start(t, proxy, port, server);
      const url = `http://127.0.0.1:${port}/`;
      const response = await answered(url, child);
      assert.equal(await response.text(), "behind a proxy");
      const large = await fetch(`${url}large.bin`);
      assert.equal((await large.arrayBuffer()).byteLength, 3_000_000);
      const part = await fetch(`${url}large.bin`, { headers: { Range: "bytes=-5" } });
      assert.deepEqual([part.status, (await part.arrayBuffer()).byteLength], [206, 5]);
      assert.equal((await fetch(`${url}nope`)).status, 404);
      await heddle.printed(/x-forwarded-for: 127\.0\.0\.1/i);
      await heddle.printed(/x-forwarded-proto: http/i);
      await heddle.printed(/comes from 127\.0\.0\.1 by http, through the proxy/);
      await heddle.printed(/log of 127\.0\.0\.1 200/);
    });
  }
}

/** Proxies that pass on bytes, behind a PROXY header: another address of this machine is the client's. */
const CLIENT = "127.0.0.9";
const NGINX_STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so";

interface ByteProxy extends Proxy {
  /** What is special about it. */
  readonly how: string;
  readonly skip: string | false;
}

function haproxyWith(how: string): ByteProxy {
  return {
    ...PROXIES.find(({ program }) => program === "haproxy")!,
    how,
    skip: missing("haproxy"),
    configure: (_folder, port, server) =>
      read("proxies/haproxy-tcp.cfg")
        .replace("global\n", isRoot ? "global\n    user haproxy\n    group haproxy\n" : "global\n")
        .replace("bind :80", `bind 127.0.0.1:${port}`)
        .replace(SERVER_PORT, server.startsWith("/") ? `unix@${server}` : server)
        .replace("send-proxy-v2 check-send-proxy", how),
  };
}

const NGINX_BYTES: ByteProxy = {
  ...PROXIES.find(({ program }) => program === "nginx")!,
  how: "stream",
  skip: missing("nginx") || (existsSync(NGINX_STREAM) ? false : "needs libnginx-mod-stream"),
  configure: (folder, port, server) => {
    const site = read("proxies/nginx-stream.conf").replace("listen 80;", `listen 127.0.0.1:${port};`);
    const socket = server.startsWith("/") ? `unix:${server}` : server;
    return `load_module ${NGINX_STREAM}; ${isRoot ? "user www-data;" : ""} daemon off; pid ${folder}/pid;
      error_log ${folder}/error.log; events {} ${site.replace(SERVER_PORT, socket)}`;
  },
};

for (const proxy of [haproxyWith("send-proxy-v2 check-send-proxy"), haproxyWith("send-proxy"), NGINX_BYTES]) {
  const { program, how, skip } = proxy;
  for (const kind of ["TCP", "a Unix socket"]) {
    test(`${program} (${how}) names its client in a PROXY header over ${kind}`, {
      skip,
      timeout: 60_000,
    }, async (t) => {
      const root = makeSite(t, { "index.html": "behind a proxy" });
      const { server, argv } = kind === "TCP" ? await overTcp() : overSocket(t, proxy);
      const trust = ["--proxy-protocol", "--trusted-proxies", kind === "TCP" ? "127.0.0.1" : "unix"];
      const log = ["--log", "log of {client} {status}"];
      const heddle = new Command(t, [root, "--no-config", "--trace", ...trust, ...log, ...argv]);
      await heddle.printed(/ serving /);
      const port = await freePort();
      const child = await start(t, proxy, port, server);
      await answeredTo(port, child);
      await heddle.printed(/log of 127\.0\.0\.9 200/);
    });
  }
}

/** Asks from the address of CLIENT, until there is a reply. */
async function answeredTo(port: number, proxy: ChildProcess): Promise<void> {
  for (;;) {
    if (proxy.exitCode !== null) throw new Error(`the proxy ended with status ${proxy.exitCode}`);
    const status = await new Promise<number | undefined>((resolve) => {
      const options = { host: "127.0.0.1", port, localAddress: CLIENT, agent: false };
      get(options, (response) => resolve(response.resume().statusCode)).on("error", () => resolve(undefined));
    });
    if (status === 200) return;
    await setTimeout(50);
  }
}

async function overTcp(): Promise<{ server: string; argv: string[] }> {
  const port = await freePort();
  return { server: `127.0.0.1:${port}`, argv: ["--host", "127.0.0.1", "--port", String(port)] };
}

/** In a folder with the set-group-ID bit, what is made belongs to the folder's group: the proxy's. */
function overSocket(t: TestContext, { user }: Proxy): { server: string; argv: string[] } {
  const folder = join(makeSite(t), "run");
  mkdirSync(folder);
  chmodSync(dirname(folder), 0o755);
  if (isRoot) {
    chownSync(folder, 0, Number(execFileSync("id", ["-g", user], { encoding: "utf8" })));
    chmodSync(folder, 0o2750);
  }
  const server = join(folder, SOCKET_PATH.split("/").at(-1)!);
  return { server, argv: ["--socket", server] };
}

/** @returns the process of the proxy */
async function start(t: TestContext, proxy: Proxy, port: number, server: string): Promise<ChildProcess> {
  const folder = makeSite(t);
  chmodSync(folder, 0o755);
  const file = join(folder, "config");
  writeFileSync(file, proxy.configure(folder, port, server));
  await run(proxy.program, proxy.check(file));
  const child = proxy.program === "caddy" && isRoot ? asUser(proxy, file, folder) : plain(proxy, file);
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return child;
}

function plain({ program, start: words }: Proxy, file: string): ChildProcess {
  return spawn(program, words(file), { env: ENVIRONMENT, stdio: "ignore" });
}

/** Caddy itself changes no user; Debian's unit starts it as one. */
function asUser({ program, user, start: words }: Proxy, file: string, folder: string): ChildProcess {
  const id = (which: string): number => Number(execFileSync("id", [which, user], { encoding: "utf8" }));
  mkdirSync(join(folder, "storage"));
  chownSync(join(folder, "storage"), id("-u"), id("-g"));
  const env = { ...ENVIRONMENT, HOME: join(folder, "storage") };
  return spawn(program, words(file), { env, stdio: "ignore", uid: id("-u"), gid: id("-g") });
}

/** A reply of the server: until the proxy listens, and has found the server healthy, there is none. */
async function answered(url: string, proxy: ChildProcess): Promise<Response> {
  for (;;) {
    if (proxy.exitCode !== null) throw new Error(`the proxy ended with status ${proxy.exitCode}`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.status === 200) return response;
    await setTimeout(50);
  }
}
