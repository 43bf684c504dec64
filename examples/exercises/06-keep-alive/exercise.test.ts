// Exercise 6 is solved when these tests pass.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import type { Reply } from "../../../src/http1/index.ts";
import { RawClient } from "../../../test/support/raw-client.ts";
import { attempt } from "../support.ts";

const { serve } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

let server: Server;

before(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    serve(
      socket,
      ({ target }) => withText(200, target),
      (status) => withText(status, "refused"),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
});
after(() => server.close());

function withText(status: number, text: string): Reply {
  const bytes = Buffer.from(text);
  return { status, fields: "", content: { kind: "content", length: bytes.length, segments: [bytes], file: undefined } };
}

async function connect(t: TestContext): Promise<RawClient> {
  const client = await RawClient.open((server.address() as AddressInfo).port);
  t.after(() => client.close());
  return client;
}

const get = (target: string, fields = ""): string => `GET ${target} HTTP/1.1\r\nHost: test\r\n${fields}\r\n`;

test("06 a second request comes over the same connection", { timeout: 30_000 }, async (t) => {
  const client = await connect(t);
  assert.equal((await client.request("GET", "/one")).body.toString(), "/one");
  assert.equal((await client.request("GET", "/two")).body.toString(), "/two");
});

test("06 two requests in one piece get two responses, in their order", { timeout: 30_000 }, async (t) => {
  const client = await connect(t);
  client.write(get("/one") + get("/two"));
  assert.equal((await client.response()).body.toString(), "/one");
  assert.equal((await client.response()).body.toString(), "/two");
});

test("06 a request that arrives in two pieces gets one response", { timeout: 30_000 }, async (t) => {
  const client = await connect(t);
  client.write("GET /one HTT");
  client.write("P/1.1\r\nHost: test\r\n\r\n");
  assert.equal((await client.response()).body.toString(), "/one");
});

test("06 a client that says Connection: close gets its response, and then the end", { timeout: 30_000 }, async (t) => {
  const client = await connect(t);
  client.write(get("/one") + get("/two", "Connection: close\r\n"));
  assert.equal((await client.response()).body.toString(), "/one");
  const last = await client.response();
  assert.equal(last.body.toString(), "/two");
  assert.equal(last.fields.get("connection"), "close");
  assert.equal((await client.rest()).length, 0);
});

test("06 a client that has ended its half still gets its response", { timeout: 30_000 }, async (t) => {
  const client = await connect(t);
  client.write(get("/one"));
  client.stream.end();
  assert.equal((await client.response()).body.toString(), "/one");
  assert.equal((await client.rest()).length, 0);
});

test("06 a client that speaks nonsense gets 400, and then the end", { timeout: 30_000 }, async (t) => {
  const client = await connect(t);
  client.write("Is anybody there?\r\n\r\n");
  assert.equal((await client.response()).status, 400);
  assert.equal((await client.rest()).length, 0);
});
