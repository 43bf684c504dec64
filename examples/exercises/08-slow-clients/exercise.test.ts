// Exercise 8 is solved when these tests pass: your class and the engine of Heddle agree at each step.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection, DEFAULT_LIMITS, HeadParser, HeadWriter, OutputBuffer } from "../../../src/http1/index.ts";
import { attempt } from "../support.ts";

const { HEAD_MS, IDLE_MS, Patience } = await attempt<typeof import("./start.ts")>(import.meta.dirname);

const limits = { ...DEFAULT_LIMITS, idleTimeoutMs: IDLE_MS, headTimeoutMs: HEAD_MS };
const NOTHING = { status: 204, fields: "", content: undefined };

/** "s": some bytes of a head, "r": the rest of it, "a": the answer; each 1000 ms after the step before. */
const cases = [
  { name: "a client that says nothing", steps: "" },
  { name: "the first bytes of a head", steps: "s" },
  { name: "more bytes do not buy more time", steps: "sss" },
  { name: "while we owe a response, the client owes nothing", steps: "sr" },
  { name: "a head in one piece", steps: "r" },
  { name: "after the response, the wait for the next request begins", steps: "sra" },
  { name: "the second request is treated as the first", steps: "srasrass" },
];

for (const { name, steps } of cases) {
  test(`08 ${name}`, () => {
    const out = new OutputBuffer();
    const connection = new Connection({ limits, parser: new HeadParser(limits), writer: new HeadWriter() }, 0);
    const patience = new Patience(0);
    let now = 0;
    let sent = 0;
    const agree = (): void => assert.equal(patience.deadline, connection.deadline, `after "${steps}" at ${now} ms`);
    agree();
    for (const step of steps) {
      now += 1000;
      if (step === "s") {
        connection.receive(Buffer.from(sent++ === 0 ? "GET / HTTP/1.1\r\nHost: test\r\nX: " : "x"), now);
        patience.receiveSome(now);
      } else if (step === "r") {
        connection.receive(Buffer.from(sent === 0 ? "GET / HTTP/1.1\r\nHost: test\r\n\r\n" : "\r\n\r\n"), now);
        patience.receiveRest(now);
        sent = 0;
      } else {
        connection.sendReply(NOTHING, out, now);
        patience.respond(now);
      }
      while (connection.next() !== undefined);
      agree();
    }
    if (connection.deadline === Number.POSITIVE_INFINITY) return;
    connection.expire(connection.deadline);
    assert.equal(patience.whenDue, connection.next()?.kind === "rejected" ? "408" : "close");
  });
}
