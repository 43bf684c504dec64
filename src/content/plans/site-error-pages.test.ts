// The pages of a site for its errors, and the fields that they have, through the whole pipeline.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Answer,
  ERROR_PAGES,
  makeSiteHandler,
  PASSWORD_HASH,
  testAnswers,
} from "../../../test/support/answers.ts";
import { fieldOf } from "../../../test/support/reply.ts";
import type { SiteOptions } from "../../options/site-options.ts";

const answers: Answer[] = [
  [{ errorPages: { 404: "/about.html" } }, "/missing", "404 about"],
  [{ errorPages: {} }, "/missing", "404 page of the server"],
  [{ errorPages: { 404: "/none.html" } }, "/missing", "404 page of the server"],
  [{ auth: { users: { ada: PASSWORD_HASH } }, errorPages: ERROR_PAGES }, "/", "401 about"],
  [{ errorPages: ERROR_PAGES }, "/%00", "400 guide"],
  [{ errorPages: ERROR_PAGES }, "/.env", "404 post"],
];
testAnswers(answers);

const always = { headers: [{ for: "/*", set: { "X-A": "b" } }], securityHeaders: true, errorPages: ERROR_PAGES };
const errors: [status: number, site: Partial<SiteOptions>, target: string, method: string][] = [
  [400, {}, "/%00", "GET"],
  [401, { auth: { users: { ada: PASSWORD_HASH } } }, "/", "GET"],
  [403, { deny: ["192.0.2.0/24"] }, "/", "GET"],
  [404, {}, "/none", "GET"],
  [404, {}, "/.env", "GET"],
  [405, {}, "/", "POST"],
  [501, {}, "/", "BREW"],
  [503, { maintenance: true }, "/", "GET"],
  [503, { maintenance: { page: "/about.html" } }, "/", "GET"],
  [204, {}, "/", "OPTIONS"],
];
for (const [status, site, target, method] of errors) {
  test(`createHandler(${JSON.stringify(site)}) sends the site's fields with ${status}, too`, async (t) => {
    for (const errorPages of [{}, ERROR_PAGES]) {
      const { ask } = makeSiteHandler(t, { ...always, ...site, errorPages });
      const reply = await ask(target, {}, method);
      assert.equal(reply.status, status);
      assert.equal(fieldOf(reply, "x-a"), "b");
      assert.equal(fieldOf(reply, "x-frame-options"), "SAMEORIGIN");
      assert.equal(fieldOf(reply, "www-authenticate") !== undefined, status === 401);
      assert.equal(fieldOf(reply, "allow") !== undefined, status === 405 || status === 204);
      assert.equal(fieldOf(reply, "retry-after") !== undefined, status === 503);
    }
  });
}
