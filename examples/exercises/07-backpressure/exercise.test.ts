// Exercise 7 is solved when these tests pass.
import assert from "node:assert/strict";
import { once } from "node:events";
import { Writable } from "node:stream";
import { test } from "node:test";
import { attempt } from "../support.ts";

const { send } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

const PART_BYTES = 10_000;
const PART_COUNT = 100;
const ROOM_BYTES = 16_384;

/** A client on a slow line: it takes a piece when the event loop turns. */
class SlowClient extends Writable {
  readonly taken: Buffer[] = [];
  mostWaitingBytes = 0;
  readonly #leavesAfter: number;

  constructor(leavesAfter = Number.POSITIVE_INFINITY) {
    super({ highWaterMark: ROOM_BYTES });
    this.#leavesAfter = leavesAfter;
  }

  override _write(bytes: Buffer, _encoding: string, taken: () => void): void {
    this.mostWaitingBytes = Math.max(this.mostWaitingBytes, this.writableLength);
    this.taken.push(bytes);
    if (this.taken.length >= this.#leavesAfter) this.destroy();
    else setImmediate(taken);
  }
}

/** The film, and how much of it has been read. */
class Film {
  readCount = 0;
  isClosed = false;

  *[Symbol.iterator](): Generator<Buffer> {
    try {
      for (; this.readCount < PART_COUNT; this.readCount++) yield Buffer.alloc(PART_BYTES, this.readCount);
    } finally {
      this.isClosed = true;
    }
  }
}

test("07 all parts arrive, in their order, and then the end", { timeout: 30_000 }, async () => {
  const client = new SlowClient();
  const hasFinished = once(client, "finish");
  await send(new Film(), client);
  await hasFinished;
  const film = Buffer.concat([...new Film()]);
  assert.ok(Buffer.concat(client.taken).equals(film));
});

test("07 no more waits than the client has room for, and one part", { timeout: 30_000 }, async () => {
  const client = new SlowClient();
  const hasFinished = once(client, "finish");
  await send(new Film(), client);
  await hasFinished;
  assert.ok(client.mostWaitingBytes <= ROOM_BYTES + PART_BYTES, `${client.mostWaitingBytes} bytes waited`);
});

test("07 when the client leaves, sending ends with an error and the film is closed", { timeout: 30_000 }, async () => {
  const client = new SlowClient(3);
  const film = new Film();
  await assert.rejects(send(film, client));
  assert.ok(film.isClosed);
  assert.ok(film.readCount < 10, `${film.readCount} parts were read for a client that took 3`);
});
