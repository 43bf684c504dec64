// When a certificate is renewed: the share of its life, the window of the authority, and the waits after failures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contextTag, encode, encodeObjectId, OCTET_STRING, SEQUENCE } from "../tls/der.ts";
import { writePem } from "../tls/pem.ts";
import { newKey, standIn, writeCertificate } from "../tls/x509.ts";
import { checkDelay, lifeOf, renewalByLifetime, renewalByWindow, retryDelay, windowOf } from "./renewal.ts";

const DAY_MS = 86_400_000;

test("lifeOf() names a certificate as RFC 9773 §4.1 does", () => {
  const key = newKey();
  const keyId = Buffer.from("69885b6b87464041e1b37b847ba0ae2cde01c8d4", "hex");
  const extension = encode(OCTET_STRING, encode(SEQUENCE, encode(contextTag(0, false), keyId)));
  const certificate = writeCertificate(
    {
      subject: "a",
      issuer: "b",
      notBefore: Date.UTC(2026, 0, 1),
      notAfter: Date.UTC(2051, 0, 1),
      key,
      serial: Buffer.from("87654321", "hex"),
      extensions: [encode(SEQUENCE, encodeObjectId("2.5.29.35"), extension)],
    },
    key,
  );
  assert.deepEqual(lifeOf(writePem("CERTIFICATE", certificate)), {
    notBefore: Date.UTC(2026, 0, 1),
    notAfter: Date.UTC(2051, 0, 1),
    isStandIn: false,
    // The example of the RFC: the serial number keeps the zero that makes it positive.
    ariId: "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE",
  });
});

test("lifeOf() knows a certificate that nobody has signed, and that it has no name for the authority", () => {
  const { isStandIn, ariId } = lifeOf(standIn([{ type: "dns", value: "example.com" }], Date.now()));
  assert.deepEqual([isStandIn, ariId], [true, undefined]);
});

for (const [days, random, after] of [
  [6, 0, 3],
  [6, 1, 3.12],
  [9.9, 0, 4.95],
  [10, 0, 6.667],
  [45, 0, 30],
  [90, 0, 60],
  [90, 1, 61.8],
] as const) {
  test(`renewalByLifetime() renews a certificate of ${days} days after ${after} days, by chance ${random}`, () => {
    const life = { notBefore: 0, notAfter: days * DAY_MS, isStandIn: false, ariId: undefined };
    assert.ok(Math.abs(renewalByLifetime(life, random) / DAY_MS - after) < 0.001);
  });
}

test("renewalByWindow() takes any time of the window", () => {
  const window = { start: 1_000, end: 2_000, explanationUrl: undefined };
  assert.deepEqual(
    [0, 0.25, 0.999_99].map((random) => renewalByWindow(window, random)),
    [1_000, 1_250, 2_000],
  );
});

test("windowOf() refuses what is no window", () => {
  const suggestedWindow = { start: "2026-01-02T00:00:00Z", end: "2026-01-03T00:00:00Z" };
  assert.deepEqual(windowOf({ suggestedWindow, explanationURL: "https://a.test/" }), {
    start: Date.UTC(2026, 0, 2),
    end: Date.UTC(2026, 0, 3),
    explanationUrl: "https://a.test/",
  });
  const { start, end } = suggestedWindow;
  for (const wrong of [{ start }, { end }, { start: end, end: start }, { start, end: start }, { start: "now", end }]) {
    assert.equal(windowOf({ suggestedWindow: wrong }), undefined, JSON.stringify(wrong));
  }
  for (const wrong of [undefined, null, 1, "a", []]) assert.equal(windowOf(wrong), undefined);
});

test("checkDelay() asks once a minute at most, and once a day at least", () => {
  assert.equal(checkDelay(undefined, 0), DAY_MS / 4);
  assert.equal(checkDelay(7_200_000, 0), 7_200_000);
  assert.equal(checkDelay(5_000, 0), 60_000);
  assert.equal(checkDelay(-5_000, 0), 60_000);
  assert.equal(checkDelay(400 * DAY_MS, 0), DAY_MS);
});

test("retryDelay() doubles, up to six hours", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 40].map((count) => retryDelay(count) / 60_000),
    [5, 10, 20, 40, 80, 160, 320, 360, 360],
  );
});
