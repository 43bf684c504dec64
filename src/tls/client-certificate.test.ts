import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tlsFixture } from "../../test/support/certificates.ts";
import { ClientCertificate, distinguishedName } from "./client-certificate.ts";

const subjects: [lines: string, subject: string][] = [
  ["CN=ada", "CN=ada"],
  ["C=DE\nO=Example\nCN=ada", "CN=ada,O=Example,C=DE"],
  ["O=Example\nOU=one + CN=ada", "OU=one+CN=ada,O=Example"],
  // Signs in a value are escaped, and stay so: nobody can write an attribute into another.
  ["O=a \\+ b\\, c\nCN=\\\\ + OU=d", "CN=\\\\+OU=d,O=a \\+ b\\, c"],
  ["O=a\\0Ab\nCN=Bj\u00f6rn", "CN=Bj\u00f6rn,O=a\\0Ab"],
  ["", ""],
];
for (const [lines, subject] of subjects) {
  test(`${JSON.stringify(lines)} is the subject ${JSON.stringify(subject)}`, () => {
    assert.equal(distinguishedName(lines), subject);
  });
}

test("a certificate gives its subject and its fingerprint, as often as they are asked for", () => {
  const { raw } = new X509Certificate(readFileSync(tlsFixture("client.pem")));
  const certificate = new ClientCertificate(raw);
  for (let count = 0; count < 2; count++) {
    assert.equal(certificate.subject, "CN=client");
    assert.equal(certificate.fingerprint, "6403708d7c7f5aa77928b08cd3e66ba740d291f805379facc2df5a06392adcc4");
  }
});
