// The steps of a lesson, with the real engine and the real handler, and sockets that are made of bytes. No step waits.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { resolvedSite } from "../../../test/support/handler.ts";
import { makeSite } from "../../../test/support/site.ts";
import { newTellingHandler } from "../../explain/explain.ts";
import type { Transitions } from "../../http/state-machine.ts";
import { DEFAULT_LIMITS } from "../../http1/limits.ts";
import { PEER_TRANSITIONS, SELF_TRANSITIONS } from "../../http1/state.ts";
import { GATE_BYTES, Gate, GateKeeper, LessonEnded } from "./gate.ts";
import { Lesson } from "./lesson.ts";
import { STEP_LIMIT_COUNT } from "./narrator.ts";
import type { Step, ToldByThread } from "./step.ts";
import { StoppedSteps } from "./stopped-steps.ts";
import { CallLog, type Wire } from "./wire.ts";

/** A connection whose client sends these bytes, and then ends its half. */
class ScriptedWire implements Wire {
  readonly #inputs: (Buffer | undefined)[];
  readonly #log: CallLog;
  readonly #gate: Gate;
  readonly #keeper: GateKeeper;
  #isAccepted = false;
  isQueueEmpty = true;
  sent = "";

  constructor(gate: Gate, keeper: GateKeeper, log: CallLog, inputs: readonly string[]) {
    this.#log = log;
    this.#gate = gate;
    this.#keeper = keeper;
    this.#inputs = [...inputs.map((input) => Buffer.from(input, "latin1")), undefined];
  }

  newOpener = () => assert.fail("the handler has an opener of its own");
  listen = async () => ({ port: 1, path: undefined });

  async whenAwaited(): Promise<void> {
    // The second connection never comes.
    if (this.#isAccepted) this.#keeper.end();
    this.#gate.check();
  }

  accept(): void {
    this.#isAccepted = true;
    this.#log.note("accept4(3, NULL, NULL, 0)", 4);
  }

  async whenReadable(): Promise<void> {
    this.#keeper.run();
  }

  receive(): Buffer | undefined {
    const bytes = this.#inputs.shift();
    this.#log.note("recv(4, buffer, 65536, 0)", bytes?.length ?? 0);
    return bytes;
  }

  async send(bytes: Buffer): Promise<boolean> {
    this.sent += bytes.toString("latin1");
    this.#log.note(`send(4, buffer, ${bytes.length}, MSG_NOSIGNAL)`, bytes.length);
    return true;
  }

  async sendFile(_: unknown, start: number, end: number): Promise<boolean> {
    this.sent += "x".repeat(end - start);
    return true;
  }

  endOutput = () => this.#log.note("shutdown(4, SHUT_WR)", 0);
  closeConnection = () => this.#log.note("close(4)", 0);
  close = () => {};
}

interface Lived {
  readonly steps: readonly Step[];
  readonly names: string;
  readonly sent: string;
  readonly ended: LessonEnded;
}

async function live(
  t: TestContext,
  inputs: readonly string[],
  options: Partial<Parameters<typeof resolvedSite>[0]> = {},
): Promise<Lived> {
  const root = makeSite(t, { "index.html": "<p>It works.", "large.bin": "x".repeat(600_000) });
  const memory = new SharedArrayBuffer(GATE_BYTES);
  const [gate, keeper] = [new Gate(memory), new GateKeeper(memory)];
  keeper.run();
  const steps: Step[] = [];
  const tell = (told: ToldByThread): void => {
    if (told.kind === "step") steps.push(told);
    // The engine stops at the end of a request: this learner never wants to.
    keeper.run();
  };
  const log = new CallLog(8);
  const wire = new ScriptedWire(gate, keeper, log, inputs);
  const lesson = new Lesson({ wire, log, lookups: new CallLog(1), gate, limits: DEFAULT_LIMITS, tell });
  const site = resolvedSite({ root, ...options });
  const say = (step: string, what: string): void => lesson.stops.say(step, what);
  const tally = { countReply: () => {}, countEviction: () => {}, countFound: lesson.stops.found.bind(lesson.stops) };
  const onError = (error: unknown): void => say("mistake", String(error));
  const handler = await newTellingHandler(
    site,
    [],
    { from: "127.0.0.1" },
    { say, steps: new StoppedSteps(site, [], lesson.stops), onError, tally },
  );
  t.after(() => handler.close());
  const ended = await lesson.run(handler).then(assert.fail, (error: unknown) => error);
  assert.ok(ended instanceof LessonEnded, String(ended));
  return { steps, names: steps.map(({ name }) => name).join(" "), sent: wire.sent, ended };
}

const GET = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

test("a request takes these steps, and the connection stays until the client ends it", async (t) => {
  const { names, steps, sent } = await live(t, [GET]);
  assert.equal(names, "accept bytes head guard plan answer write next bytes next close");
  assert.match(sent, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n<p>It works\.$/s);
  assert.deepEqual(
    steps.map(({ before, after }) => `${before.peer}/${before.self} ${after.peer}/${after.self}`),
    [
      "idle/idle idle/idle",
      "idle/idle idle/idle",
      "idle/idle done/owed",
      "done/owed done/owed",
      "done/owed done/owed",
      "done/owed done/owed",
      "done/owed done/done",
      "done/done idle/idle",
      "idle/idle idle/idle",
      "idle/idle closed/lingering",
      "closed/lingering closed/lingering",
    ],
  );
  const head = steps[2]!;
  assert.deepEqual(head.moves, { peer: ["begin", "message", "end"], self: ["request"] });
  assert.deepEqual(steps[6]!.moves, { peer: [], self: ["reply", "end"] });
  assert.deepEqual(steps[6]!.calls, [
    { text: `send(4, buffer, ${sent.length}, MSG_NOSIGNAL)`, result: `= ${sent.length}` },
  ]);
  assert.equal(Buffer.from(steps[1]!.bytes!.first, "base64").toString(), GET);
  assert.ok(steps[4]!.words.some(([name, what]) => name === "file" && what.startsWith("index.html (12 bytes")));
});

const HOST = "Host: a.example\r\n";
const WHOLE = "head guard plan answer write";

const rows: [name: string, inputs: string[], names: string, reply: RegExp][] = [
  [
    "with Connection: close needs no lingering",
    [`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`],
    `bytes ${WHOLE} next close`,
    /^HTTP\/1\.1 200 OK\r\n/,
  ],
  [
    "that comes in two pieces",
    ["GET / HT", `TP/1.1\r\n${HOST}\r\n`],
    `bytes head bytes ${WHOLE} next bytes next close`,
    /^HTTP\/1\.1 200 OK\r\n/,
  ],
  [
    "behind another, in one read",
    [GET + GET],
    `bytes ${WHOLE} ${WHOLE} next bytes next close`,
    /^HTTP.*It works\.HTTP.*It works\.$/s,
  ],
  [
    "with a bare LF is refused, and lingered for",
    ["GET / HTTP/1.1\n\n"],
    "bytes head answer write next linger bytes close",
    /^HTTP\/1\.1 400 Bad Request\r\n/,
  ],
  [
    "with HEAD",
    [`HEAD / HTTP/1.1\r\n${HOST}\r\n`],
    `bytes ${WHOLE} next bytes next close`,
    /Content-Length: 12\r\n[^<]*\r\n\r\n$/,
  ],
  [
    "for a part",
    [`GET / HTTP/1.1\r\n${HOST}Range: bytes=3-4\r\n\r\n`],
    `bytes ${WHOLE} next bytes next close`,
    /^HTTP\/1\.1 206 .*\r\n\r\nIt$/s,
  ],
  [
    "for a large file",
    [`GET /large.bin HTTP/1.1\r\n${HOST}\r\n`],
    `bytes ${WHOLE} file next bytes next close`,
    /Content-Length: 600000\r\n.*\r\n\r\nx{600000}$/s,
  ],
  [
    "with chunks, which are dropped",
    [`GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`, "0\r\n\r\n"],
    `bytes ${WHOLE} next bytes content next bytes next close`,
    /^HTTP\/1\.1 200 OK/,
  ],
  [
    "that the method stops",
    [`POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`],
    "bytes head guard answer write next bytes next close",
    /^HTTP\/1\.1 405 /,
  ],
  [
    "for what is not there",
    [`GET /no HTTP/1.1\r\n${HOST}\r\n`],
    `bytes ${WHOLE} next bytes next close`,
    /^HTTP\/1\.1 404 /,
  ],
  [
    "that is half, and its client gone",
    ["GET / HT"],
    "bytes head bytes head answer write next close",
    /^HTTP\/1\.1 400 /,
  ],
  ["that never comes", [], "bytes next close", /^$/],
];

for (const [name, inputs, names, reply] of rows) {
  test(`a request ${name}: ${names}`, async (t) => {
    const lived = await live(t, inputs);
    assert.equal(lived.names, `accept ${names}`);
    assert.match(lived.sent, reply);
    // Each side has moved by rows of its table, and by no others.
    for (const { before, after, moves } of lived.steps) {
      assert.equal(walk(PEER_TRANSITIONS, before.peer, moves.peer), after.peer);
      assert.equal(walk(SELF_TRANSITIONS, before.self, moves.self), after.self);
    }
  });
}

function walk(table: Transitions<string, string>, from: string, steps: readonly string[]): string {
  return steps.reduce((state, step) => (table[state] as Record<string, string>)[step]!, from);
}

test("a second request on a connection goes round both tables", async (t) => {
  const { steps } = await live(t, [GET + GET]);
  const second = steps.filter(({ name }) => name === "head")[1]!;
  assert.deepEqual(second.moves, { peer: ["cycle", "begin", "message", "end"], self: ["cycle", "request"] });
  assert.equal(second.request, 2);
});

test("a refusal says its code, its rule, and where the mistake is", async (t) => {
  const { steps } = await live(t, ["GET / HTTP/1.1\n\n"]);
  const head = steps.find(({ name }) => name === "head")!;
  assert.deepEqual(head.words.slice(0, 3), [
    ["code", "BARE_LF"],
    ["status", "400"],
    ["rule", "RFC 9112 §2.2"],
  ]);
  assert.deepEqual(head.moves, { peer: ["begin", "reject"], self: ["reject"] });
});

test("who may not come in is stopped by the guard, and nothing is looked up", async (t) => {
  const { names, steps } = await live(t, [GET], { deny: ["127.0.0.1"] });
  assert.equal(names, "accept bytes head guard answer write next bytes next close");
  assert.ok(steps[3]!.words.some(([name, what]) => name === "guard" && what.includes("may not come in")));
});

test("a lesson has a bound", async (t) => {
  const inputs = new Array<string>(200).fill(GET);
  const { steps, ended } = await live(t, inputs);
  assert.equal(steps.length, STEP_LIMIT_COUNT);
  assert.match(ended.message, /500 steps/);
});

test("each step says how long a thread that serves would wait, and a learner may take longer", async (t) => {
  const { steps } = await live(t, ["GET / HT", "TP/1.1\r\nHost: a.example\r\n\r\n"]);
  const { idleTimeoutMs, headTimeoutMs } = DEFAULT_LIMITS;
  assert.deepEqual(
    steps.slice(0, 5).map(({ name, deadlineMs }) => [name, deadlineMs]),
    [
      ["accept", idleTimeoutMs],
      ["bytes", idleTimeoutMs],
      ["head", headTimeoutMs],
      ["bytes", headTimeoutMs],
      ["head", undefined],
    ],
  );
});
