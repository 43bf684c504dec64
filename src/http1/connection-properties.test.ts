// Properties that hold for any bytes and any replies, tested with generated ones. The requests come from the grammar
// that test/conformance/ uses as well. fast-check chooses its seed, the cuts, and the behaviour of the handler.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Dialogue, type DialogueOptions, emptyReply, streamReply, textReply } from "../../test/support/http1.ts";
import { generateInput, Random } from "../../test/support/request-generator.ts";
import type { Reply } from "../http/message.ts";

const requests = fc.integer().map((seed) => generateInput(new Random(seed)));
const latin1 = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const garbage = fc.string({ unit: latin1, maxLength: 400 });
/** Meaningful bytes, in an order that is mostly meaningless. */
const almost = fc
  .array(
    fc.constantFrom(
      "GET",
      " ",
      "/",
      "HTTP/1.1",
      "\r\n",
      "\r",
      "\n",
      "Host",
      ":",
      "a",
      "\r\n\r\n",
      "0",
      ";",
      '"',
      "\0",
      "chunked",
    ),
  )
  .map((parts) => parts.join(""));
const inputs = fc.oneof({ weight: 4, arbitrary: requests }, garbage, almost);

const behaviours: fc.Arbitrary<DialogueOptions> = fc.record({
  answers: fc.constantFrom("head", "end"),
  content: fc.constantFrom("read", "accept", "discard"),
  reply: fc.constantFrom(
    () => textReply(200, "hello"),
    () => streamReply(200),
    () => emptyReply(304),
  ),
  limits: fc.constantFrom({}, { headLimitBytes: 120, headLimitCount: 3, targetLimitBytes: 5, chunkLineLimitBytes: 4 }),
});

test("Connection gives the same events and the same output however the same bytes arrive", () => {
  fc.assert(
    fc.property(inputs, behaviours, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (input, behaviour, cuts) => {
      const whole = new Dialogue(behaviour).receive(input);
      const cut = new Dialogue(behaviour);
      for (const piece of pieces(input, cuts)) cut.receive(piece);
      const bytewise = new Dialogue(behaviour).receiveBytewise(input);
      for (const other of [cut, bytewise]) {
        assert.deepEqual(other.events, whole.events);
        assert.equal(other.text, whole.text);
      }
      whole.end();
      for (const other of [cut, bytewise]) {
        assert.deepEqual(other.end().events, whole.events);
        assert.equal(other.text, whole.text);
      }
    }),
    { numRuns: 2000 },
  );
});

test("Connection answers any bytes with replies that a client understands, and comes to an end", () => {
  fc.assert(
    fc.property(inputs, behaviours, (input, behaviour) => {
      const dialogue = new Dialogue(behaviour).receive(input).end();
      assert.deepEqual(dialogue.events.slice(-2), ["finish", "closed"]);
      const final = dialogue.replies.filter((reply) => reply.status >= 200);
      const rejected = dialogue.events.some((event) => event.startsWith("rejected")) ? 1 : 0;
      const unanswered = dialogue.requests.length + rejected - final.length;
      assert.ok(unanswered === 0 || (unanswered === 1 && rejected === 1), "each request has its reply, or its refusal");
    }),
    { numRuns: 2000 },
  );
});

// Parts that a peer can send without end: a head, a line, a field, chunk sizes, extensions, trailers, empty lines.
const CHUNKED = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const endless = [
  { begin: "", repeat: "G" },
  { begin: "GET /", repeat: "a" },
  { begin: "GET / HTTP/1.1\r\nA: ", repeat: "b" },
  { begin: "GET / HTTP/1.1\r\n", repeat: "A: b\r\n" },
  { begin: "", repeat: "\r\n" },
  { begin: "", repeat: "\r" },
  { begin: CHUNKED, repeat: "0" },
  { begin: CHUNKED, repeat: "1;a\r\nx\r\n" },
  { begin: `${CHUNKED}0\r\n`, repeat: "A: b\r\n" },
  { begin: `${CHUNKED}fffffff\r\n`, repeat: "x" },
  { begin: "GET / HTTP/1.0\r\n\r\n", repeat: "x" },
  { begin: "", repeat: "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
];
for (const { begin, repeat } of endless) {
  test(`Connection holds little of ${JSON.stringify(begin + repeat)} without end`, (t) => {
    const limits = { headLimitBytes: 2048, discardLimitBytes: 4096 };
    const allocated: number[] = [];
    const allocate = Buffer.allocUnsafeSlow;
    for (const pieceLength of [1, 100, 8192]) {
      const dialogue = new Dialogue({ limits, content: "discard" });
      const mock = t.mock.method(Buffer, "allocUnsafeSlow", (size: number) => {
        allocated.push(size);
        return allocate(size);
      });
      const piece = Buffer.from(repeat.repeat(Math.ceil(pieceLength / repeat.length)), "latin1");
      dialogue.receive(begin);
      for (let sent = 0; sent < 40_000 && dialogue.connection.wantsInput; sent += piece.length) dialogue.receive(piece);
      mock.mock.restore();
    }
    const most = Math.max(0, ...allocated);
    assert.ok(most <= 4 * (limits.headLimitBytes + 8192), `${most} bytes in one piece`);
  });
}

/** A reply, and what a client must read when it is sent. */
const replies = fc.record({
  status: fc.integer({ min: 200, max: 599 }),
  fields: fc.array(fc.constantFrom("X-One: 1", "X-Two: \t\xe9", "Allow:"), { maxLength: 1 }),
  chunks: fc.array(fc.string({ unit: latin1, maxLength: 300 })),
  isStream: fc.boolean(),
});
const asked = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST"),
  version: fc.constantFrom("1.0", "1.1"),
  keepsAlive: fc.boolean(),
});

test("Connection writes replies that a client reads as they were given", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(asked, replies), { minLength: 1, maxLength: 5 }), (exchanges) => {
      const dialogue = new Dialogue({ answers: "never" });
      const expected: { status: number; content: string; field: string | undefined }[] = [];
      for (const [{ method, version, keepsAlive }, { status, fields, chunks, isStream }] of exchanges) {
        if (dialogue.events.includes("finish")) break;
        const option = keepsAlive ? "keep-alive" : "x";
        dialogue.receive(`${method} / HTTP/${version}\r\nHost: a\r\nConnection: ${option}\r\n\r\n`);
        const isContentless = status === 204 || status === 304;
        const lines = fields.map((field) => `${field}\r\n`).join("");
        dialogue.sendReply(makeReply(status, lines, isContentless, isStream, chunks), chunks);
        dialogue.turn();
        const content = isContentless || method === "HEAD" ? "" : chunks.join("");
        expected.push({ status, content, field: fields[0]?.replace(/^.*?:/, "").trim() });
      }
      const read = dialogue.end().replies.map(({ status, content, fields }) => ({
        status,
        content,
        field: fields.get("x-one") ?? fields.get("x-two") ?? fields.get("allow"),
      }));
      assert.deepEqual(read, expected);
    }),
    { numRuns: 1000 },
  );
});

test("Connection counts exactly what a reply announces, through sendContent and countContent alike", () => {
  const parts = fc.array(fc.tuple(fc.string({ unit: latin1, maxLength: 50 }), fc.boolean()));
  fc.assert(
    fc.property(parts, (segments) => {
      const dialogue = new Dialogue({ answers: "never" }).receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      const { connection, out } = dialogue;
      const text = segments.map(([segment]) => segment).join("");
      connection.sendHead(textReply(200, text), out, 0);
      for (const [segment, isOurs] of segments) {
        if (isOurs) {
          connection.sendContent(Buffer.from(segment, "latin1"), out);
        } else {
          connection.countContent(segment.length);
          out.appendLatin1(segment);
        }
      }
      assert.equal(connection.wantsContent, false);
      assert.equal(dialogue.turn().replies[0]?.content, text);
    }),
  );
});

function makeReply(status: number, fields: string, isContentless: boolean, isStream: boolean, chunks: string[]): Reply {
  if (isContentless) return emptyReply(status as 204 | 304, fields);
  return isStream ? streamReply(status, fields) : textReply(status, chunks.join(""), fields);
}

function pieces(input: string, cuts: readonly number[]): string[] {
  const offsets = [0, ...cuts.map((cut) => Math.floor(cut * input.length)).sort((a, b) => a - b), input.length];
  return offsets.slice(1).map((offset, index) => input.slice(offsets[index], offset));
}
