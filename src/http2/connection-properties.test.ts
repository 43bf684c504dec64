// Properties that hold for any bytes and any peer, tested with generated ones.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { textReply } from "../../test/support/http1.ts";
import {
  block,
  continuation,
  Dialogue,
  type DialogueOptions,
  data,
  type Fields,
  frame,
  GET,
  HELLO,
  headers,
  POST,
  ping,
  rstStream,
  settings,
  windowUpdate,
} from "../../test/support/http2.ts";
import { FLAG } from "./frames.ts";
import { SETTING } from "./settings.ts";

const ids = fc.constantFrom(0, 1, 1, 3, 3, 5, 7, 2);
const flags = fc.constantFrom(0, 1, 4, 5, 5, 5, 8, 0x20, 0x2d, 0xff);
const texts = fc.string({ maxLength: 20 });
const lists = fc.constantFrom<Fields>(
  GET,
  GET,
  POST,
  [...POST, ["content-length", "3"]],
  [["a", "b"]],
  [...GET, ["A", "b"]],
);

/** Frames that make sense, mostly in an order that does not. */
const frames = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(ids, lists, flags).map(([id, list, flag]) => headers(id, list, flag)) },
  { weight: 3, arbitrary: fc.tuple(ids, texts, flags).map(([id, text, flag]) => data(id, text, flag)) },
  fc.tuple(ids, lists).map(([id, list]) => continuation(id, block(list), FLAG.END_HEADERS)),
  ids.map((id) => rstStream(id)),
  fc.tuple(ids, fc.constantFrom(0, 1, 1000, 0x7fffffff)).map(([id, increment]) => windowUpdate(id, increment)),
  fc.integer({ min: 10, max: 70_000 }).map((size) => settings([SETTING.INITIAL_WINDOW_SIZE, size])),
  flags.map((flag) => ping("12345678", flag)),
  fc
    .tuple(fc.integer({ min: 0, max: 20 }), flags, ids, fc.uint8Array({ maxLength: 12 }))
    .map((parts) => frame(...parts)),
);
const inputs = fc.oneof(
  { weight: 5, arbitrary: fc.array(frames, { maxLength: 12 }).map((all) => Buffer.concat([HELLO, ...all])) },
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([HELLO, bytes])),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);

const behaviours: fc.Arbitrary<DialogueOptions> = fc.record({
  answers: fc.constantFrom("head", "end", "never"),
  content: fc.constantFrom("read", "accept", "discard"),
  limits: fc.constantFrom({}, { headLimitBytes: 120, concurrentStreamLimitCount: 1, discardLimitBytes: 3 }),
});

test("Http2Connection gives the same events and the same frames however the same bytes arrive", () => {
  fc.assert(
    fc.property(inputs, behaviours, fc.integer({ min: 1, max: 30 }), (input, behaviour, step) => {
      const whole = new Dialogue(behaviour).receive(input);
      const cut = new Dialogue(behaviour);
      for (let at = 0; at < input.length; at += step) cut.receive(input.subarray(at, at + step));
      const bytewise = new Dialogue(behaviour).receiveBytewise(input);
      for (const other of [cut, bytewise]) {
        assert.deepEqual(upToFinish(other.events), upToFinish(whole.events));
        assert.deepEqual(withoutContent(other.frames), withoutContent(whole.frames));
        assert.equal(other.connection.problem, whole.connection.problem);
      }
      isClosedInOrder(whole);
    }),
    { numRuns: 1000 },
  );
});

/** How many bytes are dropped after the end depends on where they were cut. */
function upToFinish(events: readonly string[]): string[] {
  return events.filter((line) => line !== "closed");
}

/** How content is cut into frames may depend on the windows at the time. */
function withoutContent(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.startsWith("DATA"));
}

/** Every stream that was told ends: by a reply, or by an event. Then the connection does. */
function isClosedInOrder(dialogue: Dialogue): void {
  const told = new Set(dialogue.events.flatMap((line) => /^(\d+) (?:head|rejected)/.exec(line)?.[1] ?? []));
  dialogue.connection.abort();
  dialogue.turn();
  for (const line of dialogue.events) if (line.endsWith(" cancelled")) assert.ok(told.has(line.split(" ")[0]!), line);
  assert.equal(dialogue.events.at(-1), "closed");
  assert.equal(dialogue.events.filter((line) => line === "closed").length, 1);
  assert.equal(dialogue.connection.next(dialogue.out), undefined);
}

/** A peer that opens its windows, and changes them all, as it likes. */
const openings = fc.array(
  fc.oneof(
    fc
      .tuple(fc.constantFrom(0, 1, 3, 5), fc.integer({ min: 1, max: 30_000 }))
      .map(([id, increment]) => ({ id, increment })),
    fc.integer({ min: 0, max: 40_000 }).map((initial) => ({ initial })),
  ),
  { maxLength: 30 },
);

test("Http2Connection never sends beyond a window, and sends everything as soon as the windows allow it", () => {
  fc.assert(
    fc.property(
      openings,
      fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 3, maxLength: 3 }),
      (acts, lengths) => {
        const dialogue = new Dialogue({ answers: "never" }).receive(HELLO, headers(1), headers(3), headers(5));
        const allowed = new Map([
          [0, 65_535],
          [1, 65_535],
          [3, 65_535],
          [5, 65_535],
        ]);
        let initialBefore = 65_535;
        for (const [index, length] of lengths.entries())
          dialogue.reply(2 * index + 1, textReply(200, "x".repeat(length)));
        for (const act of acts) {
          if ("initial" in act) {
            for (const id of [1, 3, 5]) allowed.set(id, allowed.get(id)! + act.initial - initialBefore);
            initialBefore = act.initial;
            dialogue.receive(settings([SETTING.INITIAL_WINDOW_SIZE, act.initial]));
          } else {
            allowed.set(act.id, allowed.get(act.id)! + act.increment);
            dialogue.receive(windowUpdate(act.id, act.increment));
          }
          checkWindows(dialogue, allowed, lengths);
        }
      },
    ),
    { numRuns: 200 },
  );
});

function checkWindows(dialogue: Dialogue, allowed: ReadonlyMap<number, number>, lengths: readonly number[]): void {
  const sent = [1, 3, 5].map((id) => dialogue.contents.get(id)?.length ?? 0);
  const isShut = sent.reduce((sum, count) => sum + count, 0) >= allowed.get(0)!;
  assert.ok(sent.reduce((sum, count) => sum + count, 0) <= allowed.get(0)!);
  for (const [index, count] of sent.entries()) {
    // A window that was made smaller cannot take back what was sent.
    const isDone = count === lengths[index];
    if (!isDone && !isShut) assert.ok(count >= allowed.get(2 * index + 1)!, "content waits though it may go");
  }
  assert.equal(dialogue.connection.nextStream(), 0);
}
