// The handler of one site that also compresses on demand, in the thread of the test. Any error fails the test.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Encoded, Encoder, EncodingJob, EncodingSource } from "../../src/content/codings/encoder.ts";
import { EncodingQueue } from "../../src/content/codings/queue.ts";
import type { SiteOptions } from "../../src/options/site-options.ts";
import { makeHandler, type TestHandler } from "./handler.ts";

export function makeEncodingHandler(
  t: TestContext,
  files: Record<string, string | Buffer>,
  site: Partial<SiteOptions> = {},
): TestHandler & { encoder: RecordingEncoder } {
  const encoder = new RecordingEncoder();
  return { encoder, ...makeHandler(t, files, { site, encoder, onError: (error) => assert.fail(error) }) };
}

/** Encodes as the encoder thread of a server does, and records each job as "br quick". */
class RecordingEncoder implements Encoder {
  readonly #queue = new EncodingQueue(2 ** 20, 2 ** 20);
  readonly jobs: string[] = [];
  readonly #results = new Map<string, Promise<Encoded>>();

  encode(job: EncodingJob, source: EncodingSource, dictionary?: EncodingSource): Promise<Encoded> {
    const name = `${job.coding} ${job.effort}`;
    this.jobs.push(name);
    const encoded = this.#queue.encode(job, source, dictionary);
    this.#results.set(name, encoded);
    return encoded;
  }

  /** Resolves when the last job of this name is done, and its result is where it belongs. */
  async settled(name: string): Promise<void> {
    while (!this.#results.has(name)) await setImmediate();
    await this.#results.get(name);
    await setImmediate();
  }
}
