// Multipath TCP (RFC 8684) with a client that speaks it, and one that does not. Where the machine has none, the same tests
// prove that the server goes on with plain TCP, and says why: the name of the first test tells which of the two it is.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { BoundSocket, connect, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { connect as connectSecurely } from "node:tls";
import { createServer } from "../src/server.ts";
import { AUTHORITIES, LOCALHOST } from "./support/certificates.ts";
import { Command } from "./support/command.ts";
import { Http2Client } from "./support/http2-client.ts";
import { RawClient } from "./support/raw-client.ts";
import { TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

if (process.platform === "linux") {
  const { connectMultipath, hasAgreed, OBSTACLE } = await import("./support/multipath.ts");
  const { bindMultipath } = await import("../src/linux/mptcp.ts");
  const { libc } = await import("../src/linux/libc.ts");
  const large = Buffer.alloc(3_000_000, "larger than the buffer of a socket ");
  const RESTART = /, MPTCP off \(heddle upgrade kept a socket .*: restart the server instead of upgrading it\)/;
  const what = OBSTACLE === undefined ? "speaks Multipath TCP" : `goes on with plain TCP (${OBSTACLE})`;
  const ways = [
    { transport: "kernel", threads: 2 },
    { transport: "portable", accept: "reuse-port", threads: 2 },
    { transport: "portable", accept: "transfer", threads: 2 },
    { transport: "kernel", threads: "per-connection" },
    { transport: "portable", threads: "per-connection" },
  ] as const;

  for (const way of ways) {
    // Complaint: traefik #11869
    test(`a server with mptcp "auto" ${what}, ${Object.values(way).join(", ")}`, async (t) => {
      const root = makeSite(t, { "index.html": "small", "large.bin": large.toString("latin1") });
      await using server = createServer({ root, port: 0, host: "127.0.0.1", mptcp: "auto", ...way });
      await server.listen();
      assert.equal(server.mptcpObstacle, OBSTACLE);
      assert.deepEqual(
        server.addresses.map(({ isMultipath }) => isMultipath),
        [OBSTACLE === undefined],
      );
      const socket = connectMultipath(server.port);
      t.after(() => socket.destroy());
      const client = new RawClient(socket);
      for (const _ of [1, 2]) {
        assert.equal((await client.request("GET", "/")).body.toString(), "small");
        assert.ok((await client.request("GET", "/large.bin")).body.equals(large));
      }
      assert.equal(hasAgreed(socket), OBSTACLE === undefined);
      // Half closed: the reply comes after the FIN of the client.
      socket.end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assert.match((await client.rest()).toString(), /^HTTP\/1\.1 200 .*small$/s);
      assert.match(await askPlainly(server.port), /^HTTP\/1\.1 200 .*small$/s);
    });
  }

  for (const transport of TRANSPORTS) {
    test(`with TLS, for HTTP/1.1 and HTTP/2, a server ${what}, ${transport}`, async (t) => {
      const root = makeSite(t, { "index.html": "secure", "large.bin": large.toString("latin1") });
      const options = {
        root,
        port: 0,
        host: "127.0.0.1",
        threads: 1,
        tls: LOCALHOST,
        mptcp: "auto",
        transport,
      } as const;
      await using server = createServer(options);
      await server.listen();
      const open = async (protocol: string): Promise<Socket> => {
        const names = { servername: "localhost", ca: [...AUTHORITIES], ALPNProtocols: [protocol] };
        const plain = connectMultipath(server.port);
        const socket = connectSecurely({ socket: plain, ...names });
        t.after(() => socket.destroy());
        await once(socket, "secureConnect");
        assert.equal(hasAgreed(plain), OBSTACLE === undefined);
        return socket;
      };
      const client = new RawClient(await open("http/1.1"));
      assert.equal((await client.request("GET", "/")).body.toString(), "secure");
      assert.ok((await client.request("GET", "/large.bin")).body.equals(large));
      const secure = await open("h2");
      const streams = await Http2Client.open(server.port, "https", { createConnection: () => secure });
      t.after(() => streams.close());
      for (const [path, content] of [
        ["/", Buffer.from("secure")],
        ["/large.bin", large],
      ] as const)
        assert.ok((await streams.request("GET", path)).body.equals(content));
    });

    test(`a server without mptcp does not agree to Multipath TCP, ${transport}`, async (t) => {
      const root = makeSite(t, { "index.html": "plain" });
      await using server = createServer({ root, port: 0, host: "127.0.0.1", threads: 1, transport });
      await server.listen();
      const socket = connectMultipath(server.port);
      t.after(() => socket.destroy());
      const client = new RawClient(socket);
      assert.equal((await client.request("GET", "/")).body.toString(), "plain");
      assert.equal(hasAgreed(socket), false);
      assert.deepEqual([server.mptcpObstacle, server.addresses[0]?.isMultipath], [undefined, false]);
    });
  }

  for (const transport of TRANSPORTS) {
    const argv = ["--no-config", "--threads", "1", "--transport", transport];
    const on = OBSTACLE === undefined ? /, MPTCP on/ : / with 1 thread, transport \w+[,\n]/;

    test(`a socket that the process was started with stays what it is, and is told, ${transport}`, async (t) => {
      const root = makeSite(t, { "index.html": "inherited" });
      const bound = new BoundSocket({ host: "127.0.0.1" });
      t.after(() => bound[Symbol.dispose]());
      const { port } = bound.address();
      const fd = OBSTACLE === undefined ? bindMultipath(bound.fd()) : bound.fd();
      assert.equal(libc.listen(fd, 64), 0);
      const command = new Command(t, [root, "--fd", "3", ...argv], { descriptors: [fd] });
      await command.printed(on);
      const socket = connectMultipath(port);
      t.after(() => socket.destroy());
      const client = new RawClient(socket);
      assert.equal((await client.request("GET", "/")).body.toString(), "inherited");
      assert.equal(hasAgreed(socket), OBSTACLE === undefined);
    });

    test(`a socket for plain TCP that the process was started with is told, and what to do, ${transport}`, async (t) => {
      const bound = new BoundSocket({ host: "127.0.0.1" });
      t.after(() => bound[Symbol.dispose]());
      assert.equal(libc.listen(bound.fd(), 64), 0);
      const started = [makeSite(t), "--fd", "3", "--mptcp", "auto", ...argv];
      const command = new Command(t, started, { descriptors: [bound.fd()] });
      await command.printed(OBSTACLE === undefined ? /, MPTCP off \(.* SocketProtocol=mptcp\)/ : /, MPTCP off \(/);
    });

    test(`an upgrade keeps the sockets of the former server, whatever it is told, ${transport}`, async (t) => {
      const root = makeSite(t, { "index.html": "upgraded" });
      for (const [before, after] of [
        ["auto", "off"],
        ["off", "auto"],
      ]) {
        const config = join(makeSite(t), "heddle.config.json");
        const write = (mptcp = ""): void => writeFileSync(config, JSON.stringify({ mptcp, transport, threads: 1 }));
        write(before);
        const server = new Command(t, [root, "--config", config, "--listen", "127.0.0.1:0"]);
        const port = Number(new URL(await server.url()).port);
        write(after);
        const upgrade = new Command(t, ["upgrade", "--pid", String(server.child.pid!)]);
        assert.equal(await upgrade.ended(), 0, upgrade.stderr);
        const pid = Number((await server.printed(/process (\d+) has taken over/))[1]);
        t.after(() => process.kill(pid, "SIGTERM"));
        if (after === "auto") await server.printed(OBSTACLE === undefined ? RESTART : /, MPTCP off \(/);
        await until(() => server.child.exitCode !== null);
        const socket = connectMultipath(port);
        t.after(() => socket.destroy());
        assert.equal((await new RawClient(socket).request("GET", "/")).body.toString(), "upgraded");
        assert.equal(hasAgreed(socket), before === "auto" && OBSTACLE === undefined);
      }
    });
  }
}

test("a phone keeps its download, and a network without Multipath TCP is told", (t) => {
  const [command, ...argv] = ["unshare", "--user", "--map-root-user", "--net"] as const;
  const tried = spawnSync(command, [...argv, "ip", "mptcp", "limits"], { encoding: "utf8" });
  if (tried.status !== 0) return t.skip(`no network with Multipath TCP of its own: ${tried.error ?? tried.stderr}`);
  // Node's test runner would report to the one that it believes to be its parent.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const suite = join(import.meta.dirname, "networks", "phone.ts");
  const { status, stdout, stderr } = spawnSync(command, [...argv, process.execPath, "--test", suite], {
    encoding: "utf8",
    env,
  });
  assert.equal(status, 0, stdout + stderr);
});

async function askPlainly(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return text(socket);
}
