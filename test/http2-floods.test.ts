// Floods of frames against a thread that serves others as well: each ends with GOAWAY and ENHANCE_YOUR_CALM, costs nobody
// else a reply, and leaves nothing behind. Budgets are counted in src/http2/connection.test.ts.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { ERROR_CODE, FLAG, FRAME, PREFACE } from "../src/http2/frames.ts";
import { continuation, data, frame, headers, ping, post, rstStream, settings, windowUpdate } from "./support/http2.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { countDescriptors, descriptorsSettled, makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const times = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));

/** Each several times the budget of a second. */
const FLOODS: Readonly<Record<string, Buffer>> = {
  "rapid resets": times(1000, (index) => Buffer.concat([headers(2 * index + 1), rstStream(2 * index + 1)])),
  PING: times(3000, () => ping()),
  SETTINGS: times(3000, () => settings()),
  CONTINUATION: Buffer.concat([
    frame(FRAME.HEADERS, FLAG.END_STREAM, 1),
    times(100, () => continuation(1, Buffer.of(0))),
  ]),
  "empty DATA": Buffer.concat([post(1), times(3000, () => data(1, ""))]),
  "updates of a byte": times(5000, () => windowUpdate(0, 1)),
};

/** What comes until the end of the connection. */
async function flood(t: TestContext, port: number, frames: Buffer): Promise<Buffer> {
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  const received: Buffer[] = [];
  // A flood that goes on when the server has hung up is answered by a reset.
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => received.push(bytes));
  socket.end(Buffer.concat([PREFACE, settings(), frames]));
  await once(socket, "close");
  return Buffer.concat(received);
}

/** The error code of the last GOAWAY. */
function errorCodeOf(received: Buffer): number {
  let code = -1;
  for (let at = 0; at + 17 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
    if (received[at + 3] === FRAME.GOAWAY) code = received.readUInt32BE(at + 13);
  }
  return code;
}

for (const transport of TRANSPORTS) {
  describe(`floods over HTTP/2, ${transport}`, { timeout: 60_000 }, () => {
    for (const [name, frames] of Object.entries(FLOODS)) {
      test(`${name} end with ENHANCE_YOUR_CALM, and others are answered meanwhile`, async (t) => {
        const root = makeSite(t, { "index.html": "calm" });
        const server = await startServer(t, { transport, root, threads: 1, h2c: true });
        const other = await openClient(t, server);
        assert.equal((await other.request("GET", "/")).status, 200);
        const descriptorCount = countDescriptors();
        const floods = Array.from({ length: 5 }, () => flood(t, server.port, frames));
        for (let count = 0; count < 20; count++) {
          assert.equal((await other.request("GET", "/")).body.toString(), "calm");
        }
        for (const received of await Promise.all(floods)) {
          assert.equal(errorCodeOf(received), ERROR_CODE.ENHANCE_YOUR_CALM);
        }
        await until(() => server.threads.connections === 1);
        await descriptorsSettled(descriptorCount);
        assert.equal(server.threads.deathCount, 0);
      });
    }
  });
}
