// The record that the browser tests rely on, fed with events in the orders in which Chromium sends them.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { collectTransfers, type NetworkEvents } from "./support/transfers.ts";

const URL = "http://127.0.0.1/jost.woff2";
/** Of a copy that a 304 confirms, Chromium tells here the head of the copy. */
const COPY = {
  requestId: "1",
  hasExtraInfo: true,
  response: { status: 200, headers: { "Content-Type": "font/woff2" } },
};
const ON_THE_WIRE = { requestId: "1", statusCode: 304, headers: { ETag: '"a"' } };
const FINISHED = { requestId: "1", encodedDataLength: 150 };

test("collectTransfers() keeps the head that is told before the request", async () => {
  const session = new EventEmitter();
  const transfersOf = collectTransfers(session as unknown as NetworkEvents);
  session.emit("Network.responseReceivedExtraInfo", ON_THE_WIRE);
  session.emit("Network.requestWillBeSent", { requestId: "1", request: { url: URL } });
  session.emit("Network.responseReceived", COPY);
  session.emit("Network.loadingFinished", FINISHED);
  assert.deepEqual(
    (await transfersOf()).map(({ status }) => status),
    [304],
  );
});

function recorded(): { session: EventEmitter; transfersOf: ReturnType<typeof collectTransfers> } {
  const session = new EventEmitter();
  const transfersOf = collectTransfers(session as unknown as NetworkEvents);
  session.emit("Network.requestWillBeSent", { requestId: "1", request: { url: URL } });
  return { session, transfersOf };
}

test("collectTransfers() waits for the head as it came over the wire, which may be told last", async () => {
  const { session, transfersOf } = recorded();
  session.emit("Network.responseReceived", COPY);
  session.emit("Network.loadingFinished", FINISHED);
  const transfers = transfersOf();
  await setImmediate();
  session.emit("Network.responseReceivedExtraInfo", ON_THE_WIRE);
  assert.deepEqual(
    (await transfers).map(({ url, status, wireBytes }) => ({ url, status, wireBytes })),
    [{ url: URL, status: 304, wireBytes: 150 }],
  );
});

test("collectTransfers() keeps the head as it came over the wire, when that is told first", async () => {
  const { session, transfersOf } = recorded();
  session.emit("Network.responseReceivedExtraInfo", ON_THE_WIRE);
  session.emit("Network.responseReceived", COPY);
  session.emit("Network.loadingFinished", FINISHED);
  assert.deepEqual(
    (await transfersOf()).map(({ status }) => status),
    [304],
  );
});

test("collectTransfers() waits for no head of a copy that was used without a request", async () => {
  const { session, transfersOf } = recorded();
  session.emit("Network.requestServedFromCache", { requestId: "1" });
  session.emit("Network.responseReceived", COPY);
  session.emit("Network.loadingFinished", FINISHED);
  assert.deepEqual(
    (await transfersOf()).map(({ status, isCached }) => ({ status, isCached })),
    [{ status: 200, isCached: true }],
  );
});
