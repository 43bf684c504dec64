// Client, host and thread together.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { BroadcastChannel, MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { brotliDecompressSync } from "node:zlib";
import type { Encoded, EncodingJob } from "../../content/codings/encoder.ts";
import { EncoderClient, type EncoderRequest } from "./encoder-client.ts";
import { ENCODER_URL, EncoderHost, type EncoderUser } from "./encoder-host.ts";

/** The name in faulty-encoder.ts, which only an encoder thread can load. */
const ENCODER_FAULT_CHANNEL = "faults of the encoder";
const FAULTY_URL = new URL("../../../test/fixtures/threads/faulty-encoder.ts", import.meta.url);
const TEXT = "Every connection passes through a thread. ".repeat(100);
/** Brotli takes a second for so much. */
const LARGE_BYTES = 500_000;

const job = (key: string, changed: Partial<EncodingJob> = {}): EncodingJob => ({
  key,
  coding: "br",
  effort: "quick",
  sizeBytes: TEXT.length,
  ...changed,
});

function startHost(t: TestContext, url: URL = ENCODER_URL) {
  const warnings: string[] = [];
  const host = new EncoderHost(url, { encoder: "later", keptLimitBytes: 1_000_000 }, (text) => warnings.push(text));
  t.after(() => host.close());
  const connect = (limitBytes = 1_000_000): EncoderClient => {
    const user: EncoderUser = { post: ({ port }) => client.connect(port) };
    const client = new EncoderClient(() => host.connect(user), limitBytes);
    t.after(() => client.close());
    return client;
  };
  return { host, warnings, connect };
}

function bytesOf(encoded: Encoded): Uint8Array {
  assert.equal(encoded.kind, "coded");
  return new Uint8Array((encoded as Encoded & { kind: "coded" }).bytes);
}

test("EncoderClient gets a result from which a decoder makes the content again", async (t) => {
  const { connect } = startHost(t);
  const view = Buffer.from(`before${TEXT}`).subarray(6);
  const encoded = bytesOf(await connect().encode(job("a"), view));
  assert.equal(brotliDecompressSync(Buffer.from(encoded)).toString(), TEXT);
  assert.equal(view.toString(), TEXT, "the caller keeps its bytes");
});

// Complaint: hotsauce #99 (caches differ between threads)
test("EncoderClient of several threads share one result, and its memory", async (t) => {
  const { connect } = startHost(t);
  const found = await Promise.all([connect(), connect()].map((client) => client.encode(job("a"), Buffer.from(TEXT))));
  const [a, b] = found.map(bytesOf);
  a![0]! ^= 0xff;
  assert.equal(a![0], b![0]);
});

test("EncoderClient refuses at once a job beyond its bound, and a job after its end", async (t) => {
  const { connect } = startHost(t);
  const client = connect(TEXT.length);
  const first = client.encode(job("a"), Buffer.from(TEXT));
  assert.deepEqual(await client.encode(job("b"), Buffer.from(TEXT)), { kind: "refused" });
  assert.equal((await first).kind, "coded");
  const last = client.encode(job("c"), Buffer.from(TEXT));
  client.close();
  assert.deepEqual(await last, { kind: "refused" });
  assert.deepEqual(await client.encode(job("d"), Buffer.from(TEXT)), { kind: "refused" });
});

/** A client whose encoder is the test itself. */
function makeClient(t: TestContext, limitBytes = 1_000_000) {
  const { port1, port2 } = new MessageChannel();
  const client = new EncoderClient(() => client.connect(port1), limitBytes);
  const requests: EncoderRequest[] = [];
  t.after(() => client.close());
  return {
    client,
    /** All jobs that the client has sent so far, by key and effort. */
    sent: (): string[] => {
      for (let found = receiveMessageOnPort(port2); found !== undefined; found = receiveMessageOnPort(port2)) {
        requests.push(found.message as EncoderRequest);
      }
      return requests.map((request) => `${request.job.key} ${request.job.effort}`);
    },
    answer: (): void => port2.postMessage({ id: requests.shift()!.id, encoded: { kind: "useless" } }),
  };
}

test("EncoderClient copies content when the encoder is about to need it, quick jobs first", async (t) => {
  const { client, sent, answer } = makeClient(t);
  const ask = (key: string, effort: EncodingJob["effort"]) => client.encode(job(key, { effort }), Buffer.from(TEXT));
  const best = ["a", "b"].map((key) => ask(key, "best"));
  const quick = ["c", "d", "e"].map((key) => ask(key, "quick"));
  assert.deepEqual(sent(), ["a best", "c quick", "d quick"]);
  answer();
  await best[0];
  assert.deepEqual(sent(), ["c quick", "d quick", "b best"]);
  answer();
  await quick[0];
  assert.deepEqual(sent(), ["d quick", "b best", "e quick"]);
});

test("EncoderClient leaves room for new files while old ones wait to be encoded better", async (t) => {
  const { client } = makeClient(t, TEXT.length * 2);
  const ask = (key: string, effort: EncodingJob["effort"]) => client.encode(job(key, { effort }), Buffer.from(TEXT));
  const pending = [ask("a", "best")];
  assert.deepEqual(await ask("b", "best"), { kind: "refused" });
  pending.push(ask("c", "quick"));
  assert.deepEqual(await ask("d", "quick"), { kind: "refused" });
  client.close();
  assert.deepEqual(await Promise.all(pending), [{ kind: "refused" }, { kind: "refused" }]);
});

test("EncoderClient closes a port that arrives after its end", async () => {
  const client = new EncoderClient(() => {}, 1000);
  const { port1, port2 } = new MessageChannel();
  client.close();
  const closed = new Promise((resolve) => port2.on("close", resolve));
  client.connect(port1);
  await closed;
});

test("EncoderHost warns when an encoder dies, whose jobs are lost, and starts another for the next that asks", async (t) => {
  const { warnings, connect } = startHost(t, FAULTY_URL);
  const client = connect();
  assert.equal((await client.encode(job("a"), Buffer.from(TEXT))).kind, "coded");
  const faults = new BroadcastChannel(ENCODER_FAULT_CHANNEL);
  t.after(() => faults.close());
  for (let death = 1; death <= 2; death++) {
    const large = Buffer.alloc(LARGE_BYTES, crypto.getRandomValues(new Uint8Array(5000)));
    // The fault is noticed when the first job is done, before the second begins.
    const jobs = ["x", "y"].map((key) =>
      client.encode(job(key + death, { effort: "best", sizeBytes: large.length / 2 }), large),
    );
    faults.postMessage("die");
    assert.deepEqual((await Promise.all(jobs))[1], { kind: "refused" });
    // A job that arrives while the encoder exits is refused too.
    while ((await client.encode(job(`after ${death}`), Buffer.from(TEXT))).kind !== "coded");
    assert.match(warnings.join("\n"), /the encoder thread stopped: a fault on purpose/);
    assert.equal(warnings.length, death);
  }
});

test("EncoderHost replaces an encoder when its bound has changed, and only then, without a warning", async (t) => {
  const { host, warnings, connect } = startHost(t);
  const client = connect();
  const large = Buffer.from(randomBytes(LARGE_BYTES / 2).toString("hex"));
  await client.encode(job("a"), Buffer.from(TEXT));
  const asked = client.encode(job("b", { effort: "best", sizeBytes: large.length }), large);
  host.data = { encoder: "later", keptLimitBytes: 1_000_000 };
  host.data = { encoder: "later", keptLimitBytes: 5_000_000 };
  assert.deepEqual(await asked, { kind: "refused" });
  bytesOf(await client.encode(job("a"), Buffer.from(TEXT)));
  assert.deepEqual(warnings, []);
});

test("EncoderHost starts no encoder before it is asked, and none after its end", async (t) => {
  const { host, connect } = startHost(t, new URL("data:text/javascript,throw new Error('started')"));
  await host.close();
  const client = connect();
  const asked = client.encode(job("a"), Buffer.from(TEXT));
  client.close();
  assert.deepEqual(await asked, { kind: "refused" });
});
