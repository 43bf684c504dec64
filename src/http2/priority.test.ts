import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_PRIORITY, parsePriority } from "./priority.ts";
import { Scheduler } from "./scheduler.ts";
import { Stream } from "./streams.ts";

// RFC 9218 §4 and §5, over the dictionaries of RFC 8941 §3.2.
const values: { value: string; urgency: number; isIncremental: boolean }[] = [
  { value: "", urgency: 3, isIncremental: false },
  { value: "u=0", urgency: 0, isIncremental: false },
  { value: "u=7, i", urgency: 7, isIncremental: true },
  { value: "i", urgency: 3, isIncremental: true },
  { value: "i=?1, u=1", urgency: 1, isIncremental: true },
  { value: "i=?0", urgency: 3, isIncremental: false },
  { value: " u=2 ,\ti ", urgency: 2, isIncremental: true },
  { value: "u=1, u=5", urgency: 5, isIncremental: false },
  { value: "u=1;a=b;c, i;d", urgency: 1, isIncremental: true },
  { value: 'a="x, u=1", b=(1 2;q "y");z, c=:AAA=:, u=4', urgency: 4, isIncremental: false },
  // Values that make no sense are ignored one by one.
  { value: "u=8, i", urgency: 3, isIncremental: true },
  { value: "u=-1", urgency: 3, isIncremental: false },
  { value: "u=1.0", urgency: 3, isIncremental: false },
  { value: "u, i=1", urgency: 3, isIncremental: false },
  { value: "i=yes", urgency: 3, isIncremental: false },
  // What is no dictionary is ignored as a whole.
  { value: "u=1,", urgency: 3, isIncremental: false },
  { value: "u=1 i", urgency: 3, isIncremental: false },
  { value: "U=1", urgency: 3, isIncremental: false },
  { value: "u=1, \xe4", urgency: 3, isIncremental: false },
  { value: 'u=1, a="', urgency: 3, isIncremental: false },
];
for (const { value, urgency, isIncremental } of values) {
  test(`parsePriority() reads ${JSON.stringify(value)} as ${urgency}${isIncremental ? ", incremental" : ""}`, () => {
    assert.deepEqual(parsePriority(value), { urgency, isIncremental });
    assert.deepEqual(parsePriority(value), { urgency, isIncremental });
  });
}

test("parsePriority() reads any text, in time that grows with its length", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("u", "=", "1", ",", " ", ";", "(", ")", '"', "i", ":", "?") }),
      (value) => {
        const { urgency, isIncremental } = parsePriority(value);
        assert.ok(Number.isInteger(urgency) && urgency >= 0 && urgency <= 7);
        assert.equal(typeof isIncremental, "boolean");
      },
    ),
    { numRuns: 500 },
  );
});

// If some part could be read in two ways, each of these would take longer than the age of the universe.
for (const part of ["1 ", "1;a=1 ", "a ", '"a" ', "?1 ", ":AA: ", "(1) "]) {
  test(`parsePriority() gives up a list of ${JSON.stringify(part)} without an end`, () => {
    assert.deepEqual(parsePriority(`u=(${part.repeat(250 / part.length)}`), DEFAULT_PRIORITY);
  });
}

test("parsePriority() does not look at what is longer than any real value", () => {
  assert.deepEqual(parsePriority(`u=1${" ".repeat(254)}`), DEFAULT_PRIORITY);
});

/** What is left, urgency, incremental. */
const waiting = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 4 }), fc.boolean()), {
  minLength: 1,
  maxLength: 20,
});

test("Scheduler lets every stream that may send get to, the urgent ones first, and no one twice before its equals", () => {
  fc.assert(
    fc.property(waiting, (wishes) => {
      const scheduler = new Scheduler();
      const streams = wishes.map(([left, urgency, isIncremental], index) =>
        Object.assign(new Stream(2 * index + 1, 100), { left, urgency, isIncremental }),
      );
      for (const stream of streams) scheduler.add(stream);
      const order: Stream[] = [];
      for (let stream = scheduler.next(); stream !== undefined; stream = scheduler.next()) {
        order.push(stream);
        scheduler.noteSent(stream);
        if (--stream.left === 0) scheduler.remove(stream);
      }
      // All of it was sent, by urgency.
      assert.equal(
        order.length,
        wishes.reduce((sum, [left]) => sum + left, 0),
      );
      assert.deepEqual(
        order.map(({ urgency }) => urgency),
        order.map(({ urgency }) => urgency).sort(),
      );
      // Those that come in one piece are sent in one piece, each behind the one before it.
      for (const level of [2, 3, 4]) {
        const whole = order
          .filter(({ urgency, isIncremental }) => urgency === level && !isIncremental)
          .map(({ id }) => id);
        assert.deepEqual(
          whole,
          [...whole].sort((one, other) => one - other),
        );
      }
      // Between two turns of an incremental stream, each of its equals has had one.
      for (const stream of streams.filter(({ isIncremental }) => isIncremental)) {
        const turns = order.flatMap((one, index) => (one === stream ? [index] : []));
        for (const [index, turn] of turns.slice(1).entries()) {
          const between = order.slice(turns[index]! + 1, turn);
          for (const other of streams) {
            const isEqual = other !== stream && other.isIncremental && other.urgency === stream.urgency;
            if (isEqual && order.lastIndexOf(other) > turn) assert.ok(between.includes(other));
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("Scheduler leaves out streams that are held or whose window is shut", () => {
  const scheduler = new Scheduler();
  const [held, shut, open] = [new Stream(1, 1), new Stream(3, 0), new Stream(5, 1)];
  held.isHeld = true;
  for (const stream of [held, shut, open]) scheduler.add(stream);
  assert.equal(scheduler.next(), open);
  scheduler.remove(open);
  scheduler.remove(open);
  assert.equal(scheduler.next(), undefined);
  held.isHeld = false;
  assert.equal(scheduler.next(), held);
});
