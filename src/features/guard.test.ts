// Who is let in is asked of the handler (handler*.test.ts); here is what is said about it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRequest } from "../../test/support/request.ts";
import { createGuard } from "./guard.ts";

const cases: [site: object, address: string, said: string[]][] = [
  [{ deny: ["192.0.2.0/24"] }, "192.0.2.7", ["192.0.2.7 may not come in (allow, deny)"]],
  [{ allow: ["10.0.0.1"] }, "192.0.2.7", ["192.0.2.7 may not come in (allow, deny)"]],
  [{ deny: ["192.0.2.0/24"] }, "10.0.0.1", []],
  [{ maintenance: { allow: ["10.0.0.1"] } }, "10.0.0.1", []],
  [{ maintenance: { allow: ["10.0.0.1"] } }, "192.0.2.7", ["the site is closed (maintenance)"]],
];
for (const [site, address, said] of cases) {
  test(`createGuard() says of ${address} with ${JSON.stringify(site)} ${JSON.stringify(said)}`, () => {
    const found: string[] = [];
    const reply = { status: 500, fields: "", content: undefined };
    const guard = createGuard(
      { root: "/", ...site },
      undefined,
      { error: () => reply, maintenance: () => reply, onStep: (_step, what) => found.push(what) },
      (request) => [request.target],
    );
    assert.equal(guard?.(makeRequest("GET", "/"), { address }) === undefined, said.length === 0);
    assert.deepEqual(found, said);
  });
}
