import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { answerFile, answerTo, isQuestion, questionNameOf, readAnswer } from "./challenge.ts";
import { identifierOf } from "./identifiers.ts";

const names: [value: string, question: string][] = [
  ["example.com", "example.com"],
  ["192.0.2.1", "1.2.0.192.in-addr.arpa"],
  // The example of RFC 8738 §6.
  ["2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
];
for (const [value, question] of names) {
  test(`an authority that checks ${value} asks for ${question}`, () => {
    assert.equal(questionNameOf(identifierOf(value)), question);
  });
}

test("only a client that offers acme-tls/1 and nothing else has a question", () => {
  assert.equal(isQuestion(["acme-tls/1"]), true);
  for (const protocols of [[], ["http/1.1"], ["acme-tls/1", "http/1.1"], ["acme-tls/1", "acme-tls/1"]]) {
    assert.equal(isQuestion(protocols), false);
  }
});

test("an answer is for its name alone, and every spelling of a name leads to one file", () => {
  const certificate = new X509Certificate(answerTo(identifierOf("example.com"), "token.print", Date.now()));
  assert.equal(certificate.subjectAltName, "DNS:example.com");
  assert.ok(certificate.checkIssued(certificate));
  assert.equal(answerFile("Example.COM."), answerFile("example.com"));
  assert.match(answerFile(`../../${"a".repeat(300)}`), /^[\da-f]{64}\.pem$/);
  assert.equal(readAnswer("/nowhere", "example.com"), undefined);
});
