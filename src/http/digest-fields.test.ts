import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { digestLine, wantsSha256 } from "./digest-fields.ts";

const wanted: string[] = [
  // RFC 9530 §4
  "sha-256=1",
  "sha-512=3, sha-256=10, unixsum=0",
  // RFC 9530 appendix C.1: the client would rather have an algorithm that is not here.
  "sha-256=3, sha=10",
  "sha-256=01",
  "  sha-256=5  ",
  "sha-256=5;a;b=2",
  "sha-256=0, sha-256=1",
  "sha-512, sha-256=1",
  "sha-512=(1 2);x, sha-256=1",
  'md5="1", sha-256=1',
  "sha-256=1, other=@1659578233",
  'sha-256=1, other=%"f%c3%bc"',
];

for (const value of wanted) {
  test(`wantsSha256() finds it in ${JSON.stringify(value)}`, () => assert.equal(wantsSha256(value), true));
}

const unwanted: [value: string | undefined, why: string][] = [
  [undefined, "there is no field"],
  ["", "it is empty"],
  // RFC 9530 appendix C.2
  ["sha=10", "it names another algorithm"],
  ["sha-512=10", "it names another algorithm"],
  ["sha-256=0", "0 is not acceptable"],
  ["sha-256=00", "0 is not acceptable"],
  ["sha-256=1, sha-256=0", "the last counts"],
  ["sha-256=11", "preferences end at 10"],
  ["sha-256=-1", "preferences begin at 0"],
  ["sha-256=1.0", "a decimal is no integer"],
  ["sha-256=1.", "a point needs a digit behind it"],
  ['sha-256="1"', "a string is no integer"],
  ["sha-256=?1", "true is no integer"],
  ["sha-256", "a member without a value is true"],
  ["sha-256=(1)", "a list is no integer"],
  ["sha-256=:MQ==:", "bytes are no integer"],
  ["SHA-256=1", "keys are in lower case"],
  ["sha-256=1,", "a comma needs a member behind it"],
  [",sha-256=1", "a comma needs a member before it"],
  ["sha-256=1 sha=2", "members need a comma between them"],
  ["sha-256 =1", "there is a space before the equals sign"],
  ["sha-256= 1", "there is a space behind the equals sign"],
  ["sha-256=1;", "a parameter has no name"],
  ["sha-256=1, sha=", "another member has no value"],
  ["sha-256=1, sha=1234567890123456", "another member has too many digits"],
  ["sha-256=1, sha=1234567890123.1", "another member has too many digits"],
  ['sha-256=1, sha="', "a string has no end"],
  ['sha-256=1, sha=%"f%C3"', "a display string is written in lower case"],
  ["sha-256=1, sha=(1", "a list has no end"],
  ["sha-256;q=1", "this is how RFC 3230 had it"],
  [`sha-256=1, ${"a".repeat(256)}=1`, "it is longer than any real value"],
];

for (const [value, why] of unwanted) {
  test(`wantsSha256() finds nothing in ${JSON.stringify(value)?.slice(0, 60)}: ${why}`, () => {
    assert.equal(wantsSha256(value), false);
  });
}

test("digestLine() writes the examples of RFC 9530 appendix B", () => {
  const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
  const item = '{"hello": "world"}\n';
  assert.equal(
    digestLine("Repr-Digest", sha256(item)),
    "Repr-Digest: sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:\r\n",
  );
  assert.equal(
    digestLine("Content-Digest", sha256(item.slice(10))),
    "Content-Digest: sha-256=:jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=:\r\n",
  );
});
