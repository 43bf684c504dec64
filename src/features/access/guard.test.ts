// What is told of the checks; and, through the whole pipeline, who is let in.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Answer,
  basicAuth,
  ERROR_PAGES,
  makeSiteHandler,
  PASSWORD_HASH,
  shown,
  testAnswers,
} from "../../../test/support/answers.ts";
import { resolvedSite } from "../../../test/support/handler.ts";
import { makeRequest } from "../../../test/support/request.ts";
import { createGuard } from "./guard.ts";

const cases: [site: object, address: string, told: string[]][] = [
  [{ deny: ["192.0.2.0/24"] }, "192.0.2.7", ["addressRefused 192.0.2.7"]],
  [{ allow: ["10.0.0.1"] }, "192.0.2.7", ["addressRefused 192.0.2.7"]],
  [{ deny: ["192.0.2.0/24"] }, "10.0.0.1", []],
  [{ maintenance: { allow: ["10.0.0.1"] } }, "10.0.0.1", []],
  [{ maintenance: { allow: ["10.0.0.1"] } }, "192.0.2.7", ["closed"]],
];
for (const [access, address, told] of cases) {
  test(`createGuard() tells of ${address} with ${JSON.stringify(access)} ${JSON.stringify(told)}`, () => {
    const found: string[] = [];
    const reply = { status: 500, fields: "", content: undefined };
    const guard = createGuard({
      access: resolvedSite({ root: "/", ...access }),
      cors: undefined,
      site: { error: () => reply, maintenance: () => reply, asksForPassword: () => false, tooMany: () => reply },
      steps: {
        addressRefused: (refused) => found.push(`addressRefused ${refused}`),
        addressMissing: (rule) => found.push(`addressMissing ${rule}`),
        clientRefused: (subject) => found.push(`clientRefused ${subject}`),
        rateLimited: () => found.push("rateLimited"),
        closed: () => found.push("closed"),
        preflightAnswered: () => found.push("preflightAnswered"),
        passwordWanted: () => found.push("passwordWanted"),
      },
    });
    assert.equal(guard?.(makeRequest("GET", "/"), { address, scheme: "http" }) === undefined, told.length === 0);
    assert.deepEqual(found, told);
  });
}

test("createGuard() lets in only clients with a certificate of allowClients", () => {
  const found: (string | undefined)[] = [];
  const reply = { status: 403, fields: "", content: undefined };
  const none = {
    addressRefused() {},
    rateLimited() {},
    addressMissing() {},
    closed() {},
    preflightAnswered() {},
    passwordWanted() {},
  };
  const guard = createGuard({
    access: { ...resolvedSite({ root: "/" }), allowClients: ["CN=ada"] },
    cors: undefined,
    site: { error: () => reply, maintenance: () => reply, asksForPassword: () => false, tooMany: () => reply },
    steps: { ...none, clientRefused: (subject) => void found.push(subject) },
  })!;
  const ask = (certificate?: { subject: string; fingerprint: string }) =>
    guard(makeRequest("GET", "/"), { address: "192.0.2.7", scheme: "http", certificate });
  assert.equal(ask({ subject: "CN=ada", fingerprint: "" }), undefined);
  assert.equal(ask({ subject: "CN=bob", fingerprint: "" }), reply);
  // Also where there is no address, as at a local socket: it has no certificate.
  assert.equal(ask(), reply);
  assert.deepEqual(found, ["CN=bob", undefined]);
});

const clean = { cleanUrls: true };
const answers: Answer[] = [
  [{ maintenance: { page: "/closed.html" }, ...clean }, "/", "503 back soon"],
  [{ maintenance: true }, "/", "503 page of the server"],
  [{ maintenance: { page: "/closed.html" } }, "/missing", "503 back soon"],
  [{ maintenance: { allow: ["192.0.2.0/24"] } }, "/", "200 home"],
  [{ allow: ["198.51.100.0/24"] }, "/", "403 page of the server"],
  [{ deny: ["198.51.100.0/24"] }, "/", "200 home"],
  [{ deny: ["192.0.2.0/24"], errorPages: ERROR_PAGES }, "/", "403 not you"],
  [{ maintenance: true, errorPages: ERROR_PAGES }, "/", "503 back soon"],
  [{ errorPages: { 403: "/none.html" }, deny: ["192.0.2.0/24"] }, "/", "403 page of the server"],
];
testAnswers(answers);

test("createHandler() keeps the bytes of a request that waits for its password", async (t) => {
  const { ask } = makeSiteHandler(t, { auth: { users: { ada: PASSWORD_HASH } } });
  const both = await Promise.all([ask("/about.html", basicAuth("ada:horse")), ask("/app.js", basicAuth("ada:horse"))]);
  assert.deepEqual(both.map(shown), ["200 about", "200 app"]);
});

test("createHandler() turns addresses away before it tells them anything", async (t) => {
  const { ask } = makeSiteHandler(t, { deny: ["192.0.2.7"], cors: true });
  for (const method of ["GET", "POST", "OPTIONS"]) {
    assert.equal((await ask("/", {}, method, "192.0.2.7")).status, 403);
    assert.notEqual((await ask("/", {}, method, "192.0.2.8")).status, 403);
  }
});
