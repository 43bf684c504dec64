import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TICK_MS, Timer, TimerWheel } from "./timer-wheel.ts";

test("TimerWheel fires each timer once, never early, and at most a tick late, whatever is moved and cancelled", () => {
  const operation = fc.record({
    timer: fc.nat(9),
    kind: fc.constantFrom("set", "set", "cancel", "wait", "pause"),
    ms: fc.nat(300_000),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      let now = 1000;
      const wheel = new TimerWheel<number>(now);
      const timers = Array.from({ length: 10 }, (_, number) => new Timer(number));
      const dues = new Map<number, number>();
      const advanceTo = (nowMs: number) => {
        now = nowMs;
        wheel.advance(now, (number) => {
          assert.ok(dues.get(number)! <= now, "not early");
          assert.equal(timers[number]!.dueMs, Number.POSITIVE_INFINITY);
          dues.delete(number);
        });
        for (const due of dues.values()) assert.ok(due > now - TICK_MS, "not late");
      };
      for (const { timer, kind, ms } of operations) {
        if (kind === "set") {
          wheel.set(timers[timer]!, now + ms);
          dues.set(timer, now + ms);
        } else if (kind === "cancel") {
          wheel.cancel(timers[timer]!);
          dues.delete(timer);
        } else if (kind === "pause") {
          advanceTo(now + ms);
        } else {
          for (const end = now + (ms % 5000); now < end; ) advanceTo(now + 100);
        }
      }
      for (let tick = 0; dues.size > 0; tick++) {
        assert.ok(tick < 2000, "every timer fires");
        advanceTo(now + TICK_MS);
      }
    }),
  );
});

test("TimerWheel fires a timer that was due when it was set with the next tick", () => {
  const wheel = new TimerWheel<string>(10_000);
  const fired: string[] = [];
  wheel.set(new Timer("late"), 5000);
  wheel.advance(10_000 + TICK_MS, (owner) => fired.push(owner));
  assert.deepEqual(fired, ["late"]);
});

test("TimerWheel lets an owner set its timer again when it fires", () => {
  const wheel = new TimerWheel<string>(0);
  const timer = new Timer("again");
  let count = 0;
  wheel.set(timer, 1);
  for (let now = 0; now <= 5 * TICK_MS; now += TICK_MS) {
    wheel.advance(now, () => {
      count++;
      wheel.set(timer, now);
    });
  }
  assert.equal(count, 5);
});

test("TimerWheel.waitMs() tells the time to the next tick while a timer is set, and Infinity otherwise", () => {
  const wheel = new TimerWheel<string>(1000);
  const [one, two] = [new Timer("one"), new Timer("two")];
  assert.equal(wheel.waitMs(1000), Infinity);
  wheel.set(one, 1100);
  wheel.set(one, 1400);
  wheel.set(two, 1100);
  assert.equal(wheel.waitMs(1040), TICK_MS - 40);
  wheel.cancel(one);
  wheel.cancel(one);
  assert.equal(wheel.waitMs(1249), 1);
  wheel.advance(1250, () => {});
  assert.equal(wheel.waitMs(1250), Infinity);
});
