// A client with two addresses, as a phone has them, that loses one in the middle of a download; and a network in which
// Multipath TCP is switched off. test/mptcp.test.ts runs this in a network namespace of its own.
import assert from "node:assert/strict";
import { execSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { createServer } from "../../src/server.ts";
import { connectMultipath, furtherPathCount } from "../support/multipath.ts";
import { RawClient } from "../support/raw-client.ts";
import { TRANSPORTS } from "../support/server.ts";
import { makeSite } from "../support/site.ts";
import { until } from "../support/until.ts";

const WIFI = "10.9.0.1";
const MOBILE = "10.9.0.2";
const SERVER = "10.9.0.9";
const large = Buffer.alloc(20_000_000, "a film for the way home ");

execSync(`ip link set lo up
  ip address add ${SERVER}/32 dev lo
  ip address add ${MOBILE}/32 dev lo
  ip mptcp limits set subflow 2 add_addr_accepted 2
  ip mptcp endpoint add ${MOBILE} dev lo subflow`);

for (const transport of TRANSPORTS) {
  test(`a download goes on when the path that it began on is gone, ${transport}`, async (t) => {
    execSync(`ip address add ${WIFI}/32 dev lo`);
    const root = makeSite(t, { "large.bin": large });
    await using server = createServer({ root, host: SERVER, port: 0, threads: 1, transport, mptcp: "auto" });
    await server.listen();
    const socket = connectMultipath(server.port, { from: WIFI, to: SERVER });
    t.after(() => socket.destroy());
    const client = new RawClient(socket);
    assert.equal((await client.request("HEAD", "/large.bin")).status, 200);
    await until(() => furtherPathCount(socket) === 1);
    socket.pause();
    client.write("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    execSync(`ip address del ${WIFI}/32 dev lo`);
    socket.resume();
    assert.ok((await client.response()).body.equals(large));
  });
}

for (const transport of TRANSPORTS) {
  test(`a server says where Multipath TCP is switched off, and serves, ${transport}`, async (t) => {
    const root = makeSite(t, { "index.html": "plain" });
    writeFileSync("/proc/sys/net/mptcp/enabled", "0");
    t.after(() => writeFileSync("/proc/sys/net/mptcp/enabled", "1"));
    await using server = createServer({ root, host: SERVER, port: 0, threads: 1, transport, mptcp: "auto" });
    await server.listen();
    assert.equal(server.mptcpObstacle, "net.mptcp.enabled is 0");
    const client = await RawClient.open(server.port, SERVER);
    assert.equal((await client.request("GET", "/")).body.toString(), "plain");
    client.close();
  });
}
