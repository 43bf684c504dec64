// The class without a thread: the test is the supervisor, over a port in the same one.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { makeSite } from "../../../test/support/site.ts";
import { newLimitMemory } from "../../limits/memory.ts";
import { resolveOptions } from "../../options/resolve.ts";
import type { ResolvedOptions } from "../../options/resolved-options.ts";
import type { ServerOptions } from "../../options/server-options.ts";
import { CounterTable } from "../counters.ts";
import type { FromThread, ToThread } from "../messages.ts";
import { ServingThread } from "./serving-thread.ts";

async function start(t: TestContext, options: ServerOptions = {}) {
  const counters = new CounterTable(1);
  const resolved = resolveOptions({ root: makeSite(t, { "index.html": "one" }), ...options });
  const { port1, port2 } = new MessageChannel();
  const messages: FromThread[] = [];
  const closed = once(port2, "close");
  port2.on("message", (message: FromThread) => messages.push(message));
  const start = {
    options: resolved,
    number: 7,
    slot: 0,
    counters: counters.memory,
    kernel: undefined,
    tls: undefined,
    threadCount: 1,
    limits: newLimitMemory(),
  };
  await ServingThread.start(start, port1);
  const post = (message: ToThread): void => port2.postMessage(message);
  t.after(async () => {
    post({ kind: "drain" });
    await closed;
  });
  /** Resolves with the next message, whenever it comes. */
  const next = async (): Promise<FromThread> => {
    while (messages.length === 0) await new Promise(setImmediate);
    return messages.shift()!;
  };
  return { counters, options: resolved, post, next, closed };
}

test("ServingThread is ready at once, with its first heartbeat", async (t) => {
  const { counters, next } = await start(t);
  assert.deepEqual(await next(), { kind: "ready" });
  assert.equal(counters.beats(0), 1);
});

test("ServingThread answers each question by its id, with the reason when it cannot", async (t) => {
  const { options, post, next } = await start(t);
  await next();
  const sites = [{ host: "no host", site: options.site }] as unknown as ResolvedOptions["sites"];
  post({ kind: "prepare", id: 5, options: { ...options, sites } });
  post({ kind: "prepare", id: 9, options });
  post({ kind: "adopt", id: 11 });
  const refused = await next();
  assert.ok(refused.kind === "answer" && refused.id === 5);
  assert.match(refused.failure!, /^not a host: "no host"/);
  assert.deepEqual(await next(), { kind: "answer", id: 9, failure: undefined });
  assert.deepEqual(await next(), { kind: "answer", id: 11, failure: undefined });
});

test("ServingThread finishes when it is drained and has no connection, and closes its port", async (t) => {
  const { post, next, closed } = await start(t);
  await next();
  post({ kind: "drain" });
  assert.deepEqual(await next(), { kind: "finished" });
  await closed;
});
