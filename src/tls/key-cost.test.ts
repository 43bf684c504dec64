import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { LOCALHOST, LOCALHOST_RSA, tlsFixture } from "../../test/support/certificates.ts";
import { keyCostWarning, LONG_SIGNATURE_MS, signatureMs } from "./key-cost.ts";

const keyIn = (file: string) => createPrivateKey(readFileSync(file));

test("signatureMs() measures keys of every type, and RSA takes longer than P-256", () => {
  const rsaMs = signatureMs(keyIn(LOCALHOST_RSA.key));
  assert.ok(rsaMs > signatureMs(keyIn(LOCALHOST.key)));
  assert.ok(signatureMs(keyIn(tlsFixture("ed25519.key"))) > 0);
});

test("keyCostWarning() says which key takes long, and what to do", () => {
  const rsa = keyIn(LOCALHOST_RSA.key);
  assert.equal(keyCostWarning(rsa, LONG_SIGNATURE_MS, "a.pem"), undefined);
  assert.equal(
    keyCostWarning(rsa, 4.06, "a.pem"),
    "each full handshake with the certificate in a.pem holds up its thread for 4.1 ms, because its key is of the type RSA with 2,048 bits: take P-256",
  );
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-521" });
  assert.match(keyCostWarning(privateKey, 1.3, "b.pem")!, /b\.pem holds .* 1\.3 ms, because .* secp521r1: take P-256/);
});
