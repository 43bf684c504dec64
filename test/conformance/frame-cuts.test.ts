// The engine tells the same events and writes the same bytes for the generated sequences of frame-generator.ts, wherever their
// own bytes are cut: one by one, and in two parts at every place. Replies have no content here, because how much of it leaves
// at what time is the transport's choice, and what a later frame means may depend on that.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OutputBuffer } from "../../src/http/output-buffer.ts";
import { Http2Connection } from "../../src/http2/connection.ts";
import type { Http2Event } from "../../src/http2/events.ts";
import { generateSequence } from "../support/frame-generator.ts";
import { textReply } from "../support/http1.ts";
import { newContext } from "../support/http2.ts";
import { Random } from "../support/request-generator.ts";

const SEQUENCE_COUNT = Number(process.env["HEDDLE_HTTP2_CUTS"] ?? 1000);
const SEED = 20_260_404;
/** Longer ones have a frame of 16 KiB, and are cut byte by byte only. */
const CUT_LIMIT_BYTES = 1000;
/** One in so many is cut at every place. */
const CUT_SHARE = 20;

const context = newContext();

test(`Http2Connection reads ${SEQUENCE_COUNT} sequences of seed ${SEED} the same, wherever they are cut`, (t) => {
  const random = new Random(SEED);
  let cutCount = 0;
  for (let index = 0; index < SEQUENCE_COUNT; index++) {
    const bytes = generateSequence(random);
    const answers = random.pick(["head", "end"] as const);
    const whole = read([bytes], answers);
    assert.deepEqual(read(Array.from(bytes, byte), answers), whole, bytes.toString("hex"));
    if (index % CUT_SHARE !== 0 || bytes.length > CUT_LIMIT_BYTES) continue;
    for (let at = 1; at < bytes.length; at++, cutCount++) {
      const parts = [bytes.subarray(0, at), bytes.subarray(at)];
      assert.deepEqual(read(parts, answers), whole, `at ${at} of ${bytes.toString("hex")}`);
    }
  }
  t.diagnostic(`${cutCount} cuts in two`);
  assert.ok(cutCount > SEQUENCE_COUNT, "few sequences were cut in two");
});

const byte = (value: number): Buffer => Buffer.of(value);

/** What is told of these parts, and what is written. @param answers what a reply waits for */
function read(parts: readonly Buffer[], answers: "head" | "end"): object {
  const connection = new Http2Connection(context, 0);
  const out = new OutputBuffer();
  const events: string[] = [];
  for (const part of parts) {
    // The memory is the transport's, which uses it again.
    const borrowed = Buffer.from(part);
    connection.receive(borrowed, 0);
    for (let event = connection.next(out); event !== undefined; event = connection.next(out)) {
      note(events, event);
      const status = event.kind === "rejected" ? event.rejection.status : 200;
      if (event.kind !== "rejected" && event.kind !== answers) continue;
      if (connection.isReplyOwed(event.stream)) connection.sendReply(event.stream, textReply(status, ""), out, 0);
    }
    borrowed.fill("*");
  }
  return { events, written: out.take().toString("latin1"), problem: connection.problem };
}

/** Content of one stream in a row is one event, and how much comes after the end of the connection does not matter. */
function note(events: string[], event: Http2Event): void {
  const last = events.at(-1) ?? "";
  if (event.kind === "closed") return;
  if (event.kind === "finish") events.push(event.kind);
  else if (event.kind === "head") events.push(`${event.stream} head ${event.head.method} ${event.head.target}`);
  else if (event.kind === "rejected") events.push(`${event.stream} rejected ${event.rejection.code}`);
  else if (event.kind !== "content") events.push(`${event.stream} ${event.kind}`);
  else if (last.startsWith(`${event.stream} content `))
    events[events.length - 1] = last + event.bytes.toString("latin1");
  else events.push(`${event.stream} content ${event.bytes.toString("latin1")}`);
}
