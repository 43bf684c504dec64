import assert from "node:assert/strict";
import { test } from "node:test";
import type { Certificate } from "./certificate.ts";
import { identitiesOf } from "./identities.ts";

function certificate(cert: string, keyType: string, ...names: string[]): Certificate {
  return { cert, key: "", names, keyType, validFrom: 0, expiresAt: 0, warnings: [] };
}

test("identitiesOf() joins certificates for the same names with keys of different types", () => {
  const certificates = [
    certificate("one ec", "ec", "a.test", "b.test"),
    certificate("other", "rsa", "a.test"),
    certificate("one rsa", "rsa", "b.test", "a.test"),
    certificate("one rsa again", "rsa", "a.test", "b.test"),
  ];
  assert.deepEqual(
    identitiesOf(certificates).map(({ certificates: joined }) => joined.map(({ cert }) => cert)),
    [["one ec", "one rsa"], ["other"], ["one rsa again"]],
  );
});
