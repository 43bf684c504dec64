// Where each event goes, and what a reader that pauses costs.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerEvent } from "../../server.ts";
import { createReporter, type Sink } from "./report.ts";

const cases: { event: ServerEvent; output?: string; errors?: string }[] = [
  { event: { kind: "trace", text: "one\ntwo" }, output: "one\ntwo\n" },
  { event: { kind: "notice", text: "a\nb" }, output: "heddle: a\\x0ab\n" },
  { event: { kind: "warning", text: "careful" }, errors: "heddle: careful\n" },
  {
    event: { kind: "thread-stopped", thread: 2, reason: "out of memory", error: failure(""), restartInMs: 0 },
    errors: "heddle: thread 2 stopped: out of memory; restarted\n",
  },
  {
    event: {
      kind: "thread-stopped",
      thread: 2,
      reason: "a\nb",
      error: failure("Error: a\nb\n    at one (file:1)\n    at two (file:2)"),
      restartInMs: 500,
    },
    errors: "heddle: thread 2 stopped: a\\x0ab; restarts in 0.5 s\n    at one (file:1)\n    at two (file:2)\n",
  },
];

for (const { event, output = "", errors = "" } of cases) {
  test(`createReporter() writes ${JSON.stringify(event)}`, () => {
    const sinks = { output: memorySink(), errors: memorySink() };
    createReporter(sinks.output, sinks.errors)(event);
    assert.deepEqual([sinks.output.text, sinks.errors.text], [output, errors]);
  });
}

test("createReporter() leaves trace out while nobody reads it, and says how much", () => {
  const output = memorySink();
  const report = createReporter(output, memorySink());
  output.writableLength = 2 ** 20 + 1;
  report({ kind: "trace", text: "lost" });
  report({ kind: "trace", text: "lost too" });
  output.writableLength = 0;
  report({ kind: "trace", text: "seen" });
  report({ kind: "trace", text: "seen too" });
  assert.equal(output.text, "… 2 trace entries left out, because the output was not read in time\nseen\nseen too\n");
});

function failure(stack: string): Error {
  return Object.assign(new Error(), { stack });
}

function memorySink(): Sink & { text: string; writableLength: number } {
  return {
    text: "",
    writableLength: 0,
    write(text: string): void {
      this.text += text;
    },
  };
}
