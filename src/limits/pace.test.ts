import assert from "node:assert/strict";
import { test } from "node:test";
import { Limiter } from "./limiter.ts";
import { newLimitMemory } from "./memory.ts";

/** As options resolve to: a tenth of a second's worth at once. */
function bytes(perSecond: number): { perSecond: number; burst: number } {
  return { perSecond, burst: perSecond / 10 };
}

for (const perSecond of [5000, 1_000_000, 1_000_000_000]) {
  test(`SharedPace lets senders in two threads send ${perSecond} bytes a second to one client, to a tenth`, () => {
    const memory = newLimitMemory();
    let now = 777_000;
    let state = 1;
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const limit = { name: "site", client: bytes(perSecond), total: undefined };
    const senders = [1, 2, 3, 4].map((index) => ({
      pace: new Limiter(memory, () => now, random).pacing([limit])!.of("192.0.2.1"),
      wakesAt: now + index,
      sent: 0,
    }));
    for (; now < 787_000; now++) {
      for (const sender of senders.filter(({ wakesAt }) => wakesAt <= now)) {
        const count = sender.pace.take(1024 * 1024);
        // The socket takes only half.
        const taken = Math.ceil(count / 2);
        sender.pace.giveBack(count - taken);
        sender.sent += taken;
        sender.wakesAt = now + (count === 0 ? sender.pace.waitMs : 1);
      }
    }
    const total = senders.reduce((sum, { sent }) => sum + sent, 0);
    assert.ok(total > 10 * perSecond * 0.9 && total < 10 * perSecond * 1.1, `${total} bytes in 10 seconds`);
    for (const { sent } of senders) assert.ok(sent > total / 16, `${sent} of ${total} bytes`);
  });
}

test("SharedPace keeps to the lesser of two limits, and takes nothing of one that the other does not grant", () => {
  const limiter = new Limiter(newLimitMemory(), () => 5000);
  const site = { name: "site", client: undefined, total: bytes(100_000) };
  const server = { name: "server", client: bytes(20_000), total: undefined };
  const one = limiter.pacing([site, server])!.of("192.0.2.1");
  assert.equal(one.take(1_000_000), 2000);
  assert.equal(one.take(1_000_000), 0);
  const other = limiter.pacing([site])!.of("192.0.2.2");
  assert.equal(other.take(1_000_000), 8000);
});

test("SharedPace makes a client wait for what was sent to it at once", () => {
  let now = 5000;
  const pace = new Limiter(newLimitMemory(), () => now)
    .pacing([{ name: "site", client: bytes(10_000), total: undefined }])!
    .of("192.0.2.1");
  assert.equal(pace.debtMs, 0);
  pace.charge(3000);
  assert.equal(pace.debtMs, 200);
  now += 200;
  assert.equal(pace.debtMs, 0);
  assert.equal(pace.take(10), 0);
});

test("SharedPace counts a client without an address only with all others", () => {
  const limiter = new Limiter(newLimitMemory(), () => 5000);
  const pacing = limiter.pacing([{ name: "site", client: bytes(1000), total: bytes(100_000) }])!;
  assert.equal(pacing.of("").take(1_000_000), 10_000);
});
