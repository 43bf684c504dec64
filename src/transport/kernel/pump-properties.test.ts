// However a peer's bytes are cut and however slowly it reads, the kernel transport sends it the bytes that the portable
// transport sends over a pair in memory. A peer that leaves early gets the beginning of them.
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import fc from "fast-check";
import { emptyReply, textReply } from "../../../test/support/http1.ts";
import { generateInput, Random } from "../../../test/support/request-generator.ts";
import type { Handler, OpenFile, Reply } from "../../http/message.ts";
import { LIMIT_DEFAULTS } from "../../options/limits.ts";
import { connectInMemory } from "../memory.ts";
import { PortableTransport } from "../portable/transport.ts";

const FILE_BYTES = 300_000;
const TARGETS = [
  "/",
  "/a",
  "/medium",
  "/medium",
  "/long",
  "/file",
  "/parts",
  "/late",
  "/late-file",
  "/stream",
  "/unchanged",
];

/** After so many rounds without progress, the test gives up. */
const PATIENCE_COUNT = 1000;

/** The next step: one of the two clients sends `count` bytes, or reads `count` hundred, or the thread has a turn. */
interface Step {
  readonly isFirst: boolean;
  readonly what: "send" | "read" | "turn";
  readonly count: number;
}

const requests = fc.record({
  method: fc.constantFrom("GET", "GET", "GET", "HEAD", "POST"),
  target: fc.constantFrom(...TARGETS),
  version: fc.constantFrom("1.1", "1.1", "1.1", "1.0"),
  content: fc.constantFrom("", "", "some content"),
});
const pipelines = fc.array(requests, { minLength: 1, maxLength: 40 }).map((list) => list.map(written).join(""));
const odd = fc.integer().map((seed) => generateInput(new Random(seed)));
const inputs = fc.oneof({ weight: 3, arbitrary: pipelines }, odd);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    isFirst: fc.boolean(),
    what: fc.constantFrom("send", "turn", "turn", "read"),
    count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2000 })),
  }),
  { maxLength: 60 },
);

if (process.platform === "linux") {
  const { KernelThread } = await import("../../../test/support/kernel-thread.ts");

  const root = mkdtempSync(join(tmpdir(), "heddle-pump-"));
  writeFileSync(join(root, "file"), Buffer.alloc(FILE_BYTES, "0123456789"));
  const fd = openSync(join(root, "file"), "r");
  after(() => {
    closeSync(fd);
    rmSync(root, { recursive: true });
  });
  /** How many replies that are being sent hold the file. */
  let users = 0;
  const file: OpenFile = { fd, retain: () => void users++, release: () => void users-- };

  const handler: Handler = {
    handle: ({ method, target }) => replyFor(target, file, `${method} ${target}`),
    refuse: ({ status, code }) => textReply(status, code),
  };
  const limits = { ...LIMIT_DEFAULTS, pipelineLimitCount: 4 };

  /** The replies of the portable transport to the same bytes in one piece. */
  const reference = async (bytes: Buffer): Promise<string> => {
    const counters = { countConnection() {}, countRequest() {}, countSent() {} };
    const transport = new PortableTransport(
      handler,
      { limits },
      { counters, onError: (error) => assert.fail(String(error)) },
    );
    const client = connectInMemory(transport);
    client.end(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of client) chunks.push(chunk);
    await transport.whenEmpty();
    return comparable(Buffer.concat(chunks));
  };

  type Thread = InstanceType<typeof KernelThread>;

  /** One of the two clients whose turns are mixed. */
  class Client {
    readonly peer: ReturnType<Thread["connect"]>;
    readonly #bytes: Buffer;
    readonly #received: Buffer[] = [];
    #sentLength = 0;
    #hasEnded = false;
    isAtEnd = false;

    constructor(thread: Thread, bytes: Buffer) {
      this.peer = thread.connect();
      this.#bytes = bytes;
    }

    send(count: number): void {
      const piece = this.#bytes.subarray(this.#sentLength, this.#sentLength + count);
      if (piece.length > 0) this.#sentLength += this.peer.send(piece);
      // The server has closed the connection: the rest is not sent.
      if (!this.peer.pump.isOpen) this.#sentLength = this.#bytes.length;
    }

    /** @returns how much there was */
    receive(count: number): number {
      const bytes = this.peer.receive(count);
      this.isAtEnd ||= bytes === undefined;
      this.#received.push(bytes ?? Buffer.alloc(0));
      return bytes?.length ?? 0;
    }

    end(): void {
      if (this.#hasEnded || this.#sentLength < this.#bytes.length) return;
      this.#hasEnded = true;
      this.peer.end();
    }

    get received(): string {
      return comparable(Buffer.concat(this.#received));
    }
  }

  const run = async (
    t: TestContext,
    texts: readonly [string, string],
    schedule: readonly Step[],
    leavesEarly: boolean,
  ): Promise<void> => {
    const inputs = texts.map((text) => Buffer.from(text, "latin1"));
    const [expected, expectedFirst] = [await reference(inputs[1]!), await reference(inputs[0]!)];
    const thread = new KernelThread(t, handler, limits);
    const [first, second] = inputs.map((bytes) => new Client(thread, bytes)) as [Client, Client];
    for (const step of schedule) {
      const client = step.isFirst ? first : second;
      if (step.what === "send") client.send(step.count);
      if (step.what === "read") client.receive(step.count * 100);
      if (step.what === "turn") await turn(thread);
    }
    if (leavesEarly) first.peer.close();
    await drain(thread, leavesEarly ? [second] : [first, second]);
    assert.ok(second.received === expected, differenceOf(second.received, expected));
    // The client left in the middle: it has received a beginning, and nothing is left behind.
    if (leavesEarly) assert.ok(expectedFirst.startsWith(withoutLastLine(first.received)), "the beginning of the same");
    else assert.ok(first.received === expectedFirst, differenceOf(first.received, expectedFirst));
    for (const { peer } of [first, second]) peer.close();
    for (let count = 0; first.peer.pump.isOpen || second.peer.pump.isOpen || users > 0; count++) {
      assert.ok(count < PATIENCE_COUNT, "the connections are closed, and the file let go");
      await turn(thread);
    }
  };

  test("KernelPump sends what the portable transport sends, however the bytes come and go", {
    timeout: 60_000,
  }, async (t) => {
    const property = fc.asyncProperty(inputs, inputs, steps, fc.boolean(), (one, other, schedule, leavesEarly) =>
      run(t, [one, other], schedule, leavesEarly),
    );
    await fc.assert(property, { numRuns: 300 });
  });

  const drain = async (thread: Thread, clients: readonly Client[]): Promise<void> => {
    for (let idleCount = 0; clients.some(({ isAtEnd }) => !isAtEnd); ) {
      let count = 0;
      for (const client of clients) {
        client.send(Number.POSITIVE_INFINITY);
        client.end();
        count += client.receive(1_000_000);
      }
      idleCount = count > 0 ? 0 : idleCount + 1;
      assert.ok(idleCount < PATIENCE_COUNT, "it goes on");
      await turn(thread);
    }
  };

  /** A round of our loop, and one of Node's, in which files are read and promises resolve. */
  const turn = (thread: Thread): Promise<void> => {
    thread.turn();
    return new Promise((resolve) => setImmediate(resolve));
  };
}

function written(request: { method: string; target: string; version: string; content: string }): string {
  const { method, target, version, content } = request;
  const length = content === "" ? "" : `Content-Length: ${content.length}\r\n`;
  const persists = version === "1.0" ? "Connection: keep-alive\r\n" : "";
  return `${method} ${target} HTTP/${version}\r\nHost: test\r\n${persists}${length}\r\n${content}`;
}

const LONG = Buffer.alloc(100_000, "long content ");

function replyFor(target: string, file: OpenFile, echo: string): Reply | Promise<Reply> {
  const of = (...segments: (Buffer | { start: number; end: number })[]): Reply => {
    const length = segments.reduce(
      (sum, part) => sum + (Buffer.isBuffer(part) ? part.length : part.end - part.start),
      0,
    );
    const hasFile = segments.some((part) => !Buffer.isBuffer(part));
    if (hasFile) file.retain();
    return {
      status: 200,
      fields: "X-A: b\r\n",
      content: { kind: "content", length, segments, file: hasFile ? file : undefined },
    };
  };
  switch (target) {
    case "/medium":
      return of(LONG.subarray(0, 15_000));
    case "/long":
      return of(LONG);
    case "/file":
      return of({ start: 0, end: FILE_BYTES });
    case "/parts":
      return of(Buffer.from("first "), { start: 5, end: 70_000 }, Buffer.from(" between "), { start: 1, end: 3 });
    case "/late":
      return new Promise((resolve) => setImmediate(() => resolve(textReply(200, `late ${echo}`))));
    case "/late-file":
      return Promise.resolve().then(() => of({ start: 100, end: 90_000 }));
    case "/stream":
      return { status: 200, fields: "", content: { kind: "stream", chunks: stream() } };
    case "/unchanged":
      return emptyReply(304, 'ETag: "a"\r\n');
    default:
      return textReply(200, echo);
  }
}

async function* stream(): AsyncGenerator<Uint8Array> {
  for (const count of [1, 10_000, 150_000]) {
    yield Buffer.alloc(count, `chunk of ${count} `);
    await new Promise(setImmediate);
  }
}

/**
 * Removes what may differ: the date, and Connection, since a reply says that it is the last one only if the peer's end
 * was known by then.
 */
function comparable(bytes: Buffer): string {
  return bytes.toString("latin1").replace(/^(Date: .*|Connection: \S+)\r\n/gm, "");
}

function differenceOf(found: string, expected: string): string {
  let at = 0;
  while (at < found.length && found[at] === expected[at]) at++;
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 200), at + 200));
  return `at ${at} of ${found.length} and ${expected.length}: ${around(found)} instead of ${around(expected)}`;
}

/** The part of a text, cut anywhere, that `comparable` has made the same. */
function withoutLastLine(text: string): string {
  return text.slice(0, Math.max(0, text.lastIndexOf("\r\n", text.length - 60)));
}
