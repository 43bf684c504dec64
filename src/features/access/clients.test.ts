import assert from "node:assert/strict";
import { test } from "node:test";
import { clientRule } from "./clients.ts";

const PRINT = "6403708d7c7f5aa77928b08cd3e66ba740d291f805379facc2df5a06392adcc4";
const ada = { subject: "CN=ada,O=Example", fingerprint: PRINT };

const cases: [allow: string[], isAllowed: boolean][] = [
  [["CN=ada,O=Example"], true],
  [["CN=bob,O=Example", "CN=ada,O=Example"], true],
  [[PRINT], true],
  [[PRINT.toUpperCase().replace(/..(?=.)/g, "$&:")], true],
  [["CN=ada"], false],
  [["O=Example"], false],
  [["CN=ada,O=Other"], false],
  [["cn=ada,o=Example"], false],
  [[PRINT.replace("6", "7")], false],
];
for (const [allow, isAllowed] of cases) {
  test(`clientRule(${JSON.stringify(allow)}) ${isAllowed ? "lets" : "does not let"} ada in`, () => {
    assert.equal(clientRule(allow)(ada), isAllowed);
    assert.equal(clientRule(allow)(undefined), false);
  });
}

test("clientRule() refuses what is neither a subject nor a fingerprint", () => {
  for (const source of ["ada", "", "=ada", PRINT.slice(1), "CN = ada, O = Example"]) {
    assert.throws(() => clientRule([source]), TypeError, source);
  }
});
