// Where each event goes, in each form, and what a reader that pauses costs.
import assert from "node:assert/strict";
import { fstatSync } from "node:fs";
import { test } from "node:test";
import type { ServerEvent } from "../../server.ts";
import { createReporter } from "./report.ts";
import { type Reader, readerOf, ServerLog, type ServerLogStream } from "./server-log.ts";

const NOW = Date.UTC(2026, 10, 29, 12);
const DEATH: ServerEvent = {
  kind: "thread-stopped",
  thread: 2,
  reason: "a\nb",
  error: failure("Error: a\nb\n    at one (file:1)\n    at two (file:2)"),
  restartInMs: 500,
};

const cases: { event: ServerEvent; output?: string; errors?: string }[] = [
  { event: { kind: "trace", text: "one\ntwo" }, output: "one\ntwo\n" },
  { event: { kind: "notice", text: "a\nb" }, output: "heddle: a\\x0ab\n" },
  { event: { kind: "warning", text: "careful" }, errors: "heddle: careful\n" },
  {
    event: { kind: "thread-stopped", thread: 2, reason: "out of memory", error: failure(""), restartInMs: 0 },
    errors: "heddle: thread 2 stopped: out of memory; restarted\n",
  },
  {
    event: DEATH,
    errors: "heddle: thread 2 stopped: a\\x0ab; restarts in 0.5 s\n    at one (file:1)\n    at two (file:2)\n",
  },
];

for (const { event, output = "", errors = "" } of cases) {
  test(`createReporter() writes ${JSON.stringify(event)}`, () => {
    assert.deepEqual(report("words", "terminal", event), [output, errors]);
  });
}

test("a file gets the time in front of each event, and the journal its level in front of each line", () => {
  const words = "heddle: thread 2 stopped: a\\x0ab; restarts in 0.5 s\n";
  assert.deepEqual(report("words", "file", DEATH), [
    "",
    `2026-11-29T12:00:00.000Z ${words}    at one (file:1)\n    at two (file:2)\n`,
  ]);
  assert.deepEqual(report("words", "journal", DEATH), [
    "",
    `<3>${words}<3>    at one (file:1)\n<3>    at two (file:2)\n`,
  ]);
  assert.deepEqual(report("words", "journal", { kind: "notice", text: "a" }), ["<6>heddle: a\n", ""]);
  assert.deepEqual(report("words", "journal", { kind: "warning", text: "a\nb" }), ["", "<4>heddle: a\n<4>heddle: b\n"]);
});

test("programs get an object for each event, whoever reads", () => {
  const time = "2026-11-29T12:00:00.000Z";
  for (const reader of ["terminal", "file", "journal"] as const) {
    assert.deepEqual(JSON.parse(report("json", reader, DEATH)[1]), {
      ...{ time, level: "error", event: "thread-stopped", message: "thread 2 stopped: a\\x0ab; restarts in 0.5 s" },
      ...{ thread: 2, reason: "a\nb", restart_in_ms: 500, stack: ["at one (file:1)", "at two (file:2)"] },
    });
    const [notice] = report("json", reader, { kind: "notice", text: "x" });
    assert.equal(notice, `{"time":"${time}","level":"info","event":"notice","message":"x"}\n`);
  }
});

test("a quiet log leaves out what is only good to know", () => {
  assert.deepEqual(report("words", "file", { kind: "notice", text: "x" }, true), ["", ""]);
  assert.match(report("words", "terminal", { kind: "warning", text: "x" }, true)[1], /^heddle: x\n$/);
});

test("readerOf() knows the journal by device and inode", () => {
  const { dev, ino } = fstatSync(1);
  assert.equal(readerOf({ isTTY: true }, 1, `${dev}:${ino}`), "terminal");
  assert.equal(readerOf({}, 1, `${dev}:${ino}`), "journal");
  assert.equal(readerOf({}, 1, `${dev}:${ino + 1}`), "file");
  assert.equal(readerOf({}, 1, undefined), "file");
  assert.equal(readerOf({}, 1_000_000, "1:1"), "file");
});

test("createReporter() leaves trace out while nobody reads it, and says how much", () => {
  const output = { ...memoryStream("terminal"), writableLength: 2 ** 20 + 1 };
  const log = new ServerLog({ form: "words", output, errors: output, isQuiet: false, now: () => NOW });
  const tell = createReporter(output, log);
  tell({ kind: "trace", text: "lost" });
  tell({ kind: "trace", text: "lost too" });
  output.writableLength = 0;
  tell({ kind: "trace", text: "seen" });
  tell({ kind: "trace", text: "seen too" });
  assert.equal(output.text, "… 2 trace entries left out, because the output was not read in time\nseen\nseen too\n");
});

function report(form: "words" | "json", reader: Reader, event: ServerEvent, isQuiet = false): [string, string] {
  const [output, errors] = [memoryStream(reader), memoryStream(reader)];
  createReporter(output, new ServerLog({ form, output, errors, isQuiet, now: () => NOW }))(event);
  return [output.text, errors.text];
}

function failure(stack: string): Error {
  return Object.assign(new Error(), { stack });
}

function memoryStream(reader: Reader): ServerLogStream & { text: string } {
  return {
    reader,
    text: "",
    writableLength: 0,
    write(text: string): void {
      this.text += text;
    },
  };
}
