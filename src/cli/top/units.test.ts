import assert from "node:assert/strict";
import { test } from "node:test";
import { age, bytes, count, duration } from "./units.ts";

const cases: [written: string, wanted: string][] = [
  [count(0), "0"],
  [count(0.256), "0.26"],
  [count(9.96), "10"],
  [count(16_384), "16384"],
  [count(123_456), "123k"],
  [count(1_500_000), "1.5M"],
  [bytes(0), "0 B"],
  [bytes(999), "999 B"],
  [bytes(999_700), "1.0 MB"],
  [bytes(13_047), "13 kB"],
  [duration(0.25), "0.25 ms"],
  [duration(999.9), "1000 ms"],
  [duration(1234), "1.2 s"],
  [age(65_000), "1:05"],
  [age(3_600_000), "1:00:00"],
  [age(200_000_000), "2 d 07:33"],
];
for (const [written, wanted] of cases) test(`a number is written as ${wanted}`, () => assert.equal(written, wanted));
