// Exercise 9 is solved when these tests pass.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { threadId } from "node:worker_threads";
import { RawClient } from "../../../test/support/raw-client.ts";
import { until } from "../../../test/support/until.ts";
import { attempt } from "../support.ts";

const { Pool } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

const pool = new Pool(2);
let port: number;

before(async () => {
  port = await pool.listen();
});
after(() => pool.close());

interface Visitor {
  readonly client: RawClient;
  /** The number of the thread that answered. */
  readonly thread: string;
}

async function visit(): Promise<Visitor> {
  const client = await RawClient.open(port);
  const { body } = await client.request("GET", "/");
  return { client, thread: body.toString() };
}

async function visits(count: number): Promise<Visitor[]> {
  const visitors: Visitor[] = [];
  while (visitors.length < count) visitors.push(await visit());
  return visitors;
}

/** How many of them each thread has, the fewest first. */
function spread(visitors: readonly Visitor[]): number[] {
  const counts = [...Map.groupBy(visitors, ({ thread }) => thread).values()].map(({ length }) => length);
  return counts.sort((a, b) => a - b);
}

async function leave(visitors: readonly Visitor[]): Promise<void> {
  const count = (): number => pool.threads.reduce((sum, { connectionCount }) => sum + connectionCount, 0);
  const left = count() - visitors.length;
  for (const { client } of visitors) client.close();
  await until(() => count() === left);
}

test("09 four connections on two threads: two and two", { timeout: 60_000 }, async () => {
  const visitors = await visits(4);
  await leave(visitors);
  assert.deepEqual(spread(visitors), [2, 2]);
});

test("09 the main thread serves nobody", { timeout: 60_000 }, async () => {
  const visitors = await visits(2);
  await leave(visitors);
  assert.ok(visitors.every(({ thread }) => thread !== String(threadId)));
});

test("09 a thread whose connections have ended gets the next ones", { timeout: 60_000 }, async () => {
  const visitors = await visits(4);
  const gone = visitors.filter(({ thread }) => thread === visitors[0]!.thread);
  await leave(gone);
  const stayed = visitors.filter((visitor) => !gone.includes(visitor));
  const next = await visits(2);
  await leave([...stayed, ...next]);
  assert.deepEqual(spread([...stayed, ...next]), [2, 2]);
});
