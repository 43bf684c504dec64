import assert from "node:assert/strict";
import { STATUS_CODES } from "node:http";
import { test } from "node:test";
import { reasonPhrase } from "./status.ts";

// Phrases that RFC 9110 renamed, that the registry dropped, or that differ from Node's.
const DIFFERENT: Readonly<Record<number, string>> = {
  203: "Non-Authoritative Information",
  413: "Content Too Large",
  418: "",
  422: "Unprocessable Content",
  509: "",
};

for (const [code, phrase] of Object.entries(STATUS_CODES)) {
  const status = Number(code);
  test(`reasonPhrase() knows ${status}`, () => assert.equal(reasonPhrase(status), DIFFERENT[status] ?? phrase));
}

for (const status of [0, 99, 104, 209, 306, 418, 430, 509, 599, 600, Number.NaN]) {
  test(`reasonPhrase() is empty for ${status}`, () => assert.equal(reasonPhrase(status), ""));
}
