import assert from "node:assert/strict";
import { argon2Sync, scryptSync } from "node:crypto";
import { test } from "node:test";
import { hashSync } from "bcryptjs";
import { hashPassword, passwordHashProblem, verifyPassword } from "./password.ts";

const unpadded = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
const salt = Buffer.from("sixteen bytes ok");
const PASSWORD = "päss:word";

const scrypted = scryptSync(PASSWORD, salt, 32, { cost: 1024, blockSize: 8, parallelization: 1 });
const argoned = (id: "argon2id" | "argon2i") =>
  argon2Sync(id, { message: PASSWORD, nonce: salt, parallelism: 1, tagLength: 32, memory: 256, passes: 2 });

const hashes: [kind: string, encoded: string][] = [
  ["scrypt", `$scrypt$ln=10,r=8,p=1$${unpadded(salt)}$${unpadded(scrypted)}`],
  ["argon2id", `$argon2id$v=19$m=256,t=2,p=1$${unpadded(salt)}$${unpadded(argoned("argon2id"))}`],
  ["argon2i", `$argon2i$v=19$m=256,t=2,p=1$${unpadded(salt)}$${unpadded(argoned("argon2i"))}`],
  ["bcrypt", hashSync(PASSWORD, 4)],
  ["bcrypt as htpasswd writes it", hashSync(PASSWORD, 4).replace("$2b$", "$2y$")],
];
for (const [kind, encoded] of hashes) {
  test(`verifyPassword() of ${kind} takes the password and no other`, async () => {
    assert.equal(passwordHashProblem(encoded), undefined);
    assert.equal(await verifyPassword(PASSWORD, encoded), true);
    for (const other of ["", "passwort", `${PASSWORD} `]) assert.equal(await verifyPassword(other, encoded), false);
  });
}

test("hashPassword() makes a hash that verifies, another one each time", async () => {
  const [first, second] = [await hashPassword(PASSWORD), await hashPassword(PASSWORD)];
  assert.notEqual(first, second);
  assert.equal(passwordHashProblem(first), undefined);
  assert.equal(await verifyPassword(PASSWORD, first), true);
});

const problems: [what: string, encoded: string, wanted: RegExp][] = [
  ["a plain password", "secret", /hash-password/],
  ["an empty text", "", /hash-password/],
  ["MD5 of htpasswd", "$apr1$abcdefgh$abcdefghijklmnopqrstuv", /hash-password/],
  ["SHA-1 of htpasswd", "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=", /hash-password/],
  ["scrypt without its cost", "$scrypt$r=8,p=1$YWFh$YWFh", /hash-password/],
  ["scrypt that takes gigabytes", "$scrypt$ln=24,r=8,p=1$YWFh$YWFhYWFhYWFhYWFhYWFhYQ", /512 MiB/],
  ["argon2 that takes gigabytes", "$argon2id$v=19$m=4194304,t=1,p=1$YWFh$YWFhYWFhYWFhYWFhYWFhYQ", /512 MiB/],
  ["argon2 that takes minutes", "$argon2id$v=19$m=65536,t=1000,p=1$YWFh$YWFhYWFhYWFhYWFhYWFhYQ", /20 rounds/],
  ["scrypt cut short", "$scrypt$ln=10,r=8,p=1$YWFh$YWFh", /at least 16 bytes/],
  ["scrypt cut to nothing, which every password would have", "$scrypt$ln=10,r=8,p=1$YWFh$Y", /at least 16 bytes/],
  ["bcrypt that takes minutes", hashSync("", 4).replace("$04$", "$20$"), /cost from 4 to 16/],
];
for (const [what, encoded, wanted] of problems) {
  test(`passwordHashProblem() of ${what}`, () => assert.match(passwordHashProblem(encoded) ?? "", wanted));
}
