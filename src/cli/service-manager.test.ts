// When the watchdog is told, with a clock of the test's own. What is sent is tested in test/service.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceManager } from "./service-manager.ts";

const PID = 4711;
const cases: { name: string; environment: Record<string, string>; everyMs: number | undefined }[] = [
  { name: "without a watchdog, never", environment: {}, everyMs: undefined },
  { name: "twice in its time", environment: { WATCHDOG_USEC: "3000000" }, everyMs: 1500 },
  { name: "for this process", environment: { WATCHDOG_USEC: "2000", WATCHDOG_PID: "4711" }, everyMs: 1 },
  { name: "not for another process", environment: { WATCHDOG_USEC: "2000", WATCHDOG_PID: "1" }, everyMs: undefined },
  { name: "not for what is no time", environment: { WATCHDOG_USEC: "0" }, everyMs: undefined },
];

for (const { name, environment, everyMs } of cases) {
  test(`ServiceManager asks for health ${name}`, (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const manager = new ServiceManager({ NOTIFY_SOCKET: "@nobody", ...environment }, PID, { onWarning: () => {} });
    let askedCount = 0;
    manager.watch(() => {
      askedCount++;
      return false;
    });
    const first = everyMs === undefined ? 0 : 1;
    assert.equal(askedCount, first);
    t.mock.timers.tick((everyMs ?? 1000) * 3);
    assert.equal(askedCount, first * 4);
    manager.endWatch();
    t.mock.timers.tick(10_000);
    assert.equal(askedCount, first * 4);
  });
}

test("ServiceManager does nothing when nobody asks", async () => {
  const manager = new ServiceManager({ WATCHDOG_USEC: "1000" }, PID, { onWarning: (text) => assert.fail(text) });
  await manager.ready("x");
  manager.watch(() => assert.fail("asked for health"));
});
