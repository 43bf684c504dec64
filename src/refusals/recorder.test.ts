// What a thread does about a refusal, with a clock of the test.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Refusal } from "../transport/transport.ts";
import { REFUSAL_CODES } from "./codes.ts";
import { RefusalRecorder, type RefusedEvent } from "./recorder.ts";

const PEER = { id: 3, address: "192.0.2.1", listener: 1 };
const REFUSAL: Refusal = {
  by: "http1",
  code: "BARE_LF",
  status: 400,
  read: Buffer.from("GET / HTTP/1.1\n"),
  mistakeAt: 14,
};

class Recorded {
  now = 0;
  readonly counted: (string | undefined)[] = [];
  readonly events: RefusedEvent[] = [];
  readonly trace: string[] = [];
  readonly recorder: RefusalRecorder = new RefusalRecorder({
    thread: 2,
    listeners: ["unix:/a", "localhost:80"],
    count: (index) => this.counted.push(REFUSAL_CODES[index]),
    onTrace: (text) => this.trace.push(...text.split("\n")),
    onEvent: (event) => this.events.push(event),
    now: () => this.now,
  });
}

test("RefusalRecorder counts, traces and tells a refusal", () => {
  const { recorder, counted, events, trace } = new Recorded();
  recorder.record(REFUSAL, PEER);
  const text = "BARE_LF: a line ends with LF alone; CRLF is wanted (RFC 9112 §2.2)";
  assert.deepEqual(counted, ["BARE_LF"]);
  assert.deepEqual(events, [
    {
      kind: "refused",
      code: "BARE_LF",
      text,
      status: 400,
      address: "192.0.2.1",
      listener: "localhost:80",
      thread: 2,
      connection: 3,
      leftOutCount: 0,
    },
  ]);
  const prefix = "connection 3 !";
  assert.deepEqual(trace, [`${prefix} ${text}`, `${prefix} GET / HTTP/1.1\\n`, `${prefix}               ^`]);
});

test("RefusalRecorder counts a flood, and tells ten of it a second", () => {
  const recorded = new Recorded();
  let asked = 0;
  const peer = {
    listener: 0,
    get address(): string {
      asked++;
      return "192.0.2.1";
    },
  };
  const { recorder, counted, events } = recorded;
  for (let count = 0; count < 1000; count++) recorder.record({ by: "http1", code: "BARE_LF", status: 400 }, peer);
  assert.deepEqual([counted.length, events.length], [1000, 10]);
  recorded.now = 1000;
  recorder.record(REFUSAL, PEER);
  assert.deepEqual([events.length, events.at(-1)!.leftOutCount], [11, 990]);
  assert.ok(asked >= 10);
});

const words: [by: Refusal["by"], code: string, text: string][] = [
  ["http2", "PSEUDO_FIELD_LATE", "a pseudo-field comes behind a field (PROTOCOL_ERROR, RFC 9113 §8.3)"],
  ["http2", "INDEX_ZERO", "a field has the index 0 (COMPRESSION_ERROR, RFC 7541 §6.1)"],
  ["http2", "HOST_MISSING", "the request has neither :authority nor Host (RFC 9110 §7.2)"],
  ["http1", "LENGTH_MALFORMED", "Content-Length is not a row of digits (RFC 9110 §8.6)"],
  ["tls", "TLS_ALERT", "the client ended the handshake by an alert (RFC 8446 §6.2)"],
  ["site", "PATH_NUL", "the path has a NUL, which ends a name for some readers and not for others (RFC 3986 §7.3)"],
];
for (const [by, code, text] of words) {
  test(`${code} of ${by} is told in its words`, () => {
    const { recorder, events, trace } = new Recorded();
    recorder.record(
      { by, code, status: undefined, ...(by === "http2" && { stream: 5 }) },
      { ...PEER, id: by === "tls" ? undefined : 3 },
    );
    assert.equal(events[0]!.text, `${code}: ${text}`);
    const whose = by === "tls" ? "handshake of 192.0.2.1" : by === "http2" ? "connection 3 stream 5" : "connection 3";
    assert.deepEqual(trace, [`${whose} ! ${code}: ${text}`]);
  });
}
