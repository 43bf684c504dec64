// Every refusal says why: in an event, in the counts and in the trace, with the code that docs/errors.md has, whichever
// transport carries the connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Server, ServerEvent, ServerOptions } from "../src/server.ts";
import { RawClient } from "./support/raw-client.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { until } from "./support/until.ts";

type Refused = Extract<ServerEvent, { kind: "refused" }>;

/** A server whose refusals and trace are collected. */
class Watched {
  readonly refused: Refused[] = [];
  trace = "";
  server!: Server;

  readonly onEvent = (event: ServerEvent): void => {
    if (event.kind === "refused") this.refused.push(event);
    if (event.kind === "trace") this.trace += `${event.text}\n`;
  };
}

const options: ServerOptions = { root: "public", threads: 1, trace: true };

const cases: { what: string; bytes: string; code: string; status: number; trace: RegExp }[] = [
  {
    what: "a bare LF",
    bytes: "GET / HTTP/1.1\nHost: a\r\n\r\n",
    code: "BARE_LF",
    status: 400,
    trace:
      /connection \d+ ! BARE_LF: a line ends with LF alone; CRLF is wanted \(RFC 9112 §2\.2\)\n.* ! GET \/ HTTP\/1\.1\\nHost: a\\r\\n\\r\\n\n.* ! {15}\^\n/,
  },
];

for (const transport of TRANSPORTS) {
  test(`a refused request says why, on the ${transport} transport`, async (t) => {
    const watched = new Watched();
    const server = await startServer(t, { ...options, transport, onEvent: watched.onEvent });
    for (const { what, bytes, code, status, trace } of cases) {
      await t.test(what, async (t) => {
        const before = watched.refused.length;
        const client = await RawClient.open(server.port);
        t.after(() => client.close());
        client.write(bytes);
        assert.match((await client.rest()).toString("latin1"), new RegExp(`^HTTP/1\\.1 ${status} `));
        await until(() => watched.refused.length > before);
        const event = watched.refused.at(-1)!;
        assert.deepEqual([event.code, event.status, event.address], [code, status, "127.0.0.1"]);
        assert.equal(event.listener, `127.0.0.1:${server.port}`);
        assert.match(event.text, new RegExp(`^${code}: .* \\(RFC \\d+ §.*\\)$`));
        assert.equal(server.threads.refusals[code], 1);
        await until(() => trace.test(watched.trace));
      });
    }
  });
}

test("the trace of a thread per connection tells how threads live, and connections have numbers of their own", async (t) => {
  for (const transport of TRANSPORTS) {
    const watched = new Watched();
    const server = await startServer(t, {
      ...options,
      threads: "per-connection",
      maxThreads: 2,
      transport,
      onEvent: watched.onEvent,
    });
    for (const _ of [1, 2]) {
      const client = await RawClient.open(server.port);
      client.write("GET / HTTP/1.0\r\n\r\n");
      await client.rest();
      client.close();
    }
    await until(() => /^thread 2 ended$/m.test(watched.trace));
    for (const thread of [1, 2]) {
      const lines = ["starts", "waits for a connection", "takes a connection", "ended"];
      for (const line of lines) assert.ok(watched.trace.includes(`thread ${thread} ${line}\n`), `${thread} ${line}`);
      assert.match(
        watched.trace,
        new RegExp(`^thread ${thread} connection ${thread} replied after \\d+\\.\\d ms`, "m"),
      );
    }
  }
});
