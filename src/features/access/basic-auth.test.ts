import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { test } from "node:test";
import { AUTH_DEFAULTS } from "../../options/defaults.ts";
import { BasicAuth, type BasicAuthOptions } from "./basic-auth.ts";
import { VerifiedPasswords } from "./verified-passwords.ts";

const salt = Buffer.from("sixteen bytes ok");
const unpadded = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
const hashOf = (password: string) =>
  `$scrypt$ln=10,r=8,p=1$${unpadded(salt)}$${unpadded(scryptSync(password, salt, 32, { cost: 1024 }))}`;

const users = { ada: hashOf("correct horse"), björn: hashOf("a:b") };
const request = (authorization?: string) => ({ field: () => authorization });
const basic = (text: string) => request(`Basic ${Buffer.from(text).toString("base64")}`);

const cases: [what: string, request: ReturnType<typeof request>, found: unknown][] = [
  ["the right password", basic("ada:correct horse"), { user: "ada" }],
  ["the scheme in any case", request(`bAsIc ${Buffer.from("ada:correct horse").toString("base64")}`), { user: "ada" }],
  ["a name in UTF-8, a password with a colon", basic("björn:a:b"), { user: "björn" }],
  ["a wrong password", basic("ada:wrong"), "challenge"],
  ["another's password", basic("ada:a:b"), "challenge"],
  ["a name that nobody has", basic("eve:x"), "challenge"],
  ["a name that nobody has, with the password of the first", basic("eve:correct horse"), "challenge"],
  ["a name of Object.prototype", basic("constructor:x"), "challenge"],
  ["no field", request(), "challenge"],
  ["another scheme", request("Bearer abc"), "challenge"],
  ["no colon", basic("ada"), "challenge"],
  ["what is no Base64", request("Basic ä"), "challenge"],
  ["kilobytes", basic(`ada:${"x".repeat(2000)}`), "challenge"],
];
for (const [what, asked, found] of cases) {
  test(`BasicAuth for ${what}`, async () => {
    assert.deepEqual(await new BasicAuth({ ...AUTH_DEFAULTS, users }).authenticate(asked), found);
  });
}

test("BasicAuth answers at once for a password that was right before, and still refuses others", async () => {
  const auth = new BasicAuth({ ...AUTH_DEFAULTS, users });
  await auth.authenticate(basic("ada:correct horse"));
  assert.deepEqual(auth.authenticate(basic("ada:correct horse")), { user: "ada" });
  assert.equal(await auth.authenticate(basic("ada:wrong")), "challenge");
});

test("BasicAuth knows passwords that were right for another, as long as their hashes are the same", async () => {
  const verified = new VerifiedPasswords();
  await new BasicAuth({ ...AUTH_DEFAULTS, users }, verified).authenticate(basic("ada:correct horse"));
  const same = new BasicAuth({ ...AUTH_DEFAULTS, users: { ...users, eve: hashOf("x") }, realm: "another" }, verified);
  assert.deepEqual(same.authenticate(basic("ada:correct horse")), { user: "ada" });
  assert.equal(await same.authenticate(basic("eve:correct horse")), "challenge");
  const changed = new BasicAuth({ ...AUTH_DEFAULTS, users: { ada: hashOf("another") } }, verified);
  assert.equal(await changed.authenticate(basic("ada:correct horse")), "challenge");
  const without = new BasicAuth({ ...AUTH_DEFAULTS, users: { björn: users.björn } }, verified);
  assert.equal(await without.authenticate(basic("ada:correct horse")), "challenge");
});

test("BasicAuth turns guesses away when too many wait, and lets in who comes later", async () => {
  const auth = new BasicAuth({ ...AUTH_DEFAULTS, users });
  const guesses = Array.from({ length: 100 }, (_, index) => auth.authenticate(basic(`ada:${index}`)));
  assert.equal(guesses.filter((guess) => guess === "busy").length, 66);
  assert.ok((await Promise.all(guesses)).every((guess) => guess !== undefined && typeof guess === "string"));
  assert.deepEqual(await auth.authenticate(basic("ada:correct horse")), { user: "ada" });
});

test("BasicAuth names its realm", () => {
  const { challenge } = new BasicAuth({ ...AUTH_DEFAULTS, users, realm: "the vault" });
  assert.equal(challenge.fields, 'WWW-Authenticate: Basic realm="the vault", charset="UTF-8"\r\n');
});

const refused: [what: string, options: BasicAuthOptions][] = [
  ["a plain password", { users: { ada: "secret" } }],
  ["a name with a colon", { users: { "a:b": hashOf("x") } }],
  ["an empty name", { users: { "": hashOf("x") } }],
  ["a realm with a quote", { users, realm: 'a"b' }],
  ["a realm with a line end", { users, realm: "a\r\nb" }],
];
for (const [what, options] of refused) {
  test(`BasicAuth refuses ${what}`, () =>
    assert.throws(() => new BasicAuth({ ...AUTH_DEFAULTS, ...options }), TypeError));
}
