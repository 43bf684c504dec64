// What a terminal shows of a server, in windows of several sizes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { styleText } from "node:util";
import { seenRequest, seenThread, shownOf } from "../../../test/support/seen.ts";
import type { Snapshot } from "../../console/snapshot.ts";
import { ASCII, glyphsFor, UNICODE } from "./glyphs.ts";
import { type Choice, plain, type Size, screen } from "./screen.ts";
import { lineWidth, painted } from "./text.ts";
import { VIEW_NAMES } from "./views/views.ts";

const CHOICE: Choice = { view: "threads", scroll: 0, isPaused: false, isHelp: false, problem: undefined };
const USUAL: Size = { columns: 80, rows: 24 };

const BUSY: Partial<Snapshot> = {
  threads: [seenThread(1, 90, 2000), seenThread(2, 3, 500)],
  latest: Array.from({ length: 20 }, (_, index) =>
    seenRequest({ target: `/latest/${index}`, how: "sent from the file" }),
  ),
  slowest: [
    seenRequest({ target: `/${"slow".repeat(60)}`, ms: 1234, status: 500 }),
    seenRequest({ method: "", target: "", status: 400, how: "refused: HEAD_TOO_LARGE" }),
  ],
  refusals: { HEAD_TOO_LARGE: 3, BAD_REQUEST_LINE: 12 },
  marks: [{ atMs: 0, kind: "thread-stopped", text: "thread 2 stopped: out of memory" }],
  waiting: 4,
};
const SHOWN = shownOf(BUSY, { threads: [seenThread(1, 90, 1500), seenThread(2, 3, 500)] });

function textOf(choice: Partial<Choice> = {}, size: Size = USUAL, shown = SHOWN): string[] {
  return screen(shown, { ...CHOICE, ...choice }, UNICODE, size).lines.map((one) => painted(one, (_, text) => text));
}

for (const columns of [1, 9, 20, 40, 80, 200]) {
  for (const rows of [1, 2, 5, 8, 15, 24, 50]) {
    test(`screen() fits into ${columns}x${rows}, whatever it shows`, () => {
      for (const view of VIEW_NAMES) {
        for (const isHelp of [false, true]) {
          for (const glyphs of [UNICODE, ASCII]) {
            const problem = isHelp ? "the server has ended the connection" : undefined;
            const { lines } = screen(SHOWN, { ...CHOICE, view, isHelp, problem }, glyphs, { columns, rows });
            assert.ok(lines.length <= rows && lines.length > 0);
            for (const one of lines)
              assert.ok(
                lineWidth(one) <= columns,
                painted(one, (_, text) => text),
              );
          }
        }
      }
    });
  }
}

test("screen() shows a lane for each thread, with its connections as marks", () => {
  const text = textOf();
  assert.equal(text.length, 24);
  assert.match(text[0]!, /^heddle \d\S* serving +\/srv\/site +\d+ threads, kernel, up 0:02$/);
  assert.match(text.join("\n"), /^ {5}1 {2}ready +90 +500 +50% .*s·r·lcs·r.*…$/m);
  assert.match(text.join("\n"), /^ {5}2 {2}ready +3 +0 +0% .* {2}s·r$/m);
  assert.equal(text[5], "[1 threads]  2 connections   3 requests   4 refusals  ");
  assert.match(text.at(-1)!, /^q quit +Tab view/);
});

test("screen() shows connections that do something first", () => {
  const rows = textOf({ view: "connections" }, { columns: 80, rows: 120 }).filter((one) =>
    /HTTP\/(?:2|1\.1)/.test(one),
  );
  assert.equal(rows.length, 93);
  assert.match(rows[0]!, /^ +100 +1 {2}HTTP\/1\.1 +0 {2}sending$/);
  assert.match(rows.at(-1)!, /idle$/);
});

test("screen() shows the latest and the slowest requests, and what decided them", () => {
  const text = textOf({ view: "requests" }).join("\n");
  assert.match(text, /^Latest requests 1 to \d+ of 20/m);
  assert.match(text, /0\.25 ms +200 .*sent from the file +GET \/latest\/0$/m);
  assert.match(text, /1\.2 s +500 .*GET \/slowslow.*…$/m);
  assert.match(text, /refused: HEAD_TOO_LARGE *$/m);
});

test("screen() shows refusals by code, the most frequent first, and marks in time", () => {
  const text = textOf({ view: "refusals" }).join("\n");
  assert.match(text, /^ +12 {2}BAD_REQUEST_LINE\n +3 {2}HEAD_TOO_LARGE$/m);
  assert.match(text, /thread-stopped +thread 2 stopped: out of memory$/m);
});

test("screen() leaves out a part of a view, and columns, in a small window", () => {
  const text = textOf({ view: "requests" }, { columns: 40, rows: 12 }).join("\n");
  assert.match(text, /^Latest requests 1 to 4 of 20 .*\n +took +status +request\n0\.25 ms +200 +GET \/latest\/0$/m);
  assert.doesNotMatch(text, /Slowest/);
});

test("screen() scrolls no further than to the last row", () => {
  const { lines, scroll } = screen(SHOWN, { ...CHOICE, view: "connections", scroll: 1e9 }, UNICODE, USUAL);
  const text = lines.map((one) => painted(one, (_, part) => part));
  assert.ok(scroll > 0 && scroll < 93);
  assert.match(text.join("\n"), new RegExp(`^Connections ${scroll + 1} to 93 of 93`, "m"));
});

test("screen() says that it stands still, and why nothing comes", () => {
  assert.match(textOf({ isPaused: true }).join("\n"), / paused /);
  assert.match(textOf({ problem: "nothing answers" }).join("\n"), /nothing answers$/);
});

test("screen() shows a server that has told nothing yet", () => {
  for (const view of VIEW_NAMES) {
    const text = textOf({ view }, USUAL, shownOf({ threads: [], latest: [], slowest: [] }));
    assert.equal(text.length, 24);
  }
});

test("screen() lets no text of a peer or a file move the cursor", () => {
  const evil = "/\x1b[2J\x07\u009b31m";
  const shown = shownOf({
    ...BUSY,
    server: { ...SHOWN.now.server, root: evil },
    latest: [seenRequest({ target: evil, how: evil })],
    refusals: { [evil]: 1 },
    marks: [{ atMs: 0, kind: "warning", text: evil }],
  });
  for (const view of VIEW_NAMES) assert.doesNotMatch(textOf({ view }, USUAL, shown).join(""), /[\x00-\x1f\x7f-\x9f]/);
});

test("screen() only uses ASCII where the locale has no more", () => {
  const text = (glyphs = ASCII) =>
    screen(SHOWN, CHOICE, glyphs, USUAL)
      .lines.flat()
      .map((part) => part.text)
      .join("");
  assert.match(text(), /^[\x20-\x7e]*$/);
  const cases: [Record<string, string>, string, unknown][] = [
    [{ LANG: "C.UTF-8" }, "linux", UNICODE],
    [{ LANG: "en_US.utf8", LC_ALL: "C" }, "linux", ASCII],
    [{}, "linux", ASCII],
    [{}, "darwin", UNICODE],
  ];
  for (const [environment, platform, glyphs] of cases) assert.equal(glyphsFor(environment, platform), glyphs);
});

test("plain() has everything, and cuts nothing", () => {
  const text = plain(SHOWN, UNICODE).map((one) => painted(one, (_, part) => part));
  assert.ok(text.some((one) => one.endsWith(`/${"slow".repeat(60)}`)));
  for (const title of ["Threads", "Connections", "Latest requests", "Slowest requests", "Refusals", "Events"]) {
    assert.ok(
      text.some((one) => one.startsWith(title)),
      title,
    );
  }
  assert.doesNotMatch(text.join("\n"), / \d+ to \d+ of /);
});

test("painted() colours with the escapes of styleText, and a line is as wide as without", () => {
  const [first] = screen(SHOWN, CHOICE, UNICODE, USUAL).lines;
  const text = painted(first!, (style, part) => styleText(style, part, { validateStream: false }));
  assert.match(text, /\x1b\[1mheddle\x1b\[22m/);
});
