// docs/a-request.md is true: each function that it names is declared in the file that it names, each system call is one
// that the transport can make, each station says all that the others say, and the pictures are as their program draws them.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PICTURES } from "../docs/pictures.ts";
import { isDeclared } from "./support/declared.ts";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const PAGE = read("docs/a-request.md");
const STATIONS = PAGE.split(/^### /m)
  .slice(1)
  .map((text) => text.split(/^## /m)[0]!);

/** "`name` in `src/file.ts`", and "`one` and `two` in `src/file.ts`". */
const PLACES = [...PAGE.matchAll(/((?:`#?\w+` and )?`#?\w+`) (?:in|of)\s+`(src\/[\w/.-]+\.ts)`/g)].flatMap(
  ([, names, file]) => [...names!.matchAll(/`#?(\w+)`/g)].map(([, name]) => ({ name: name!, file: file! })),
);

test("docs/a-request.md names a function and its file at each station", () => {
  assert.ok(PLACES.length >= 40, `only ${PLACES.length} places`);
  for (const station of STATIONS) assert.match(station, /`#?\w+`.* (?:in|of)\s+`src\//s, station);
});

for (const { name, file } of PLACES) {
  test(`${name} is declared in ${file}, as docs/a-request.md says`, () => {
    assert.ok(existsSync(new URL(`../${file}`, import.meta.url)), `${file} is not there`);
    assert.ok(isDeclared(name, read(file)));
  });
}

test("each station of docs/a-request.md says what is called, decided and specified, and what can go wrong", () => {
  assert.ok(STATIONS.length >= 15);
  for (const [index, station] of STATIONS.entries()) {
    assert.ok(station.startsWith(`${index + 1}. `), `station ${index + 1} has another number`);
    const labels = [...station.matchAll(/^- \*\*(.*?):\*\*/gm)].map(([, label]) => label);
    assert.deepEqual(labels, ["System calls", "Code", "Decided here", "RFC", "When it goes wrong"], station);
  }
});

test("each system call of docs/a-request.md is one of src/linux/libc.ts", () => {
  const libc = read("src/linux/libc.ts");
  const lines = STATIONS.map((station) => /\*\*System calls:\*\* (.*)/.exec(station)![1]!);
  const calls = lines.flatMap((line) => [...line.matchAll(/`(\w+)`/g)].map(([, call]) => call!));
  for (const call of ["socket", "bind", "listen", "accept4", "recv", "send", "shutdown", "close"])
    assert.ok(calls.includes(call), `no station makes ${call}`);
  for (const call of calls) assert.match(libc, new RegExp(`^ {2}${call}\\(`, "m"));
});

for (const { file, svg } of PICTURES) {
  test(`${file.pathname.split("/").at(-1)} is as docs/pictures.ts draws it (else: node docs/pictures.ts)`, () => {
    assert.equal(readFileSync(file, "utf8"), svg());
  });
}

test("docs/questions.md has twelve questions, each with an answer that is folded away and names a station", () => {
  const questions = read("docs/questions.md").split(/^### /m).slice(1);
  assert.equal(questions.length, 12);
  for (const [index, question] of questions.entries()) {
    assert.match(question, new RegExp(`^${index + 1}\\. .*\\?\\n\\n<details>\\n<summary>Answer</summary>\\n\\n`));
    const answer = /<\/summary>(.*)<\/details>/s.exec(question)![1]!;
    const stations = [...answer.matchAll(/\((\d[\d, ]*)/g)].flatMap(([, list]) => list!.split(",").map(Number));
    assert.ok(stations.length > 0, question);
    for (const station of stations.filter((one) => one > 0))
      assert.ok(station <= STATIONS.length, `station ${station}`);
  }
});
