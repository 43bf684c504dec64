// One small site that has a page for each feature, and tables of what it answers through the whole pipeline.
import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { Reply } from "../../src/http/message.ts";
import type { SiteOptions } from "../../src/options/site-options.ts";
import { basicCredentials } from "./credentials.ts";
import { makeHandler, type TestHandler } from "./handler.ts";
import { fieldOf, textOf } from "./reply.ts";

export const SITE_FILES: Record<string, string> = {
  "index.html": "home",
  "about.html": "about",
  "404.html": "lost",
  "docs/index.html": "docs",
  "docs/guide.html": "guide",
  "blog/post.html": "post",
  "blog.html": "all posts",
  "assets/app-BxK3f9aZ.js": "app",
  "app.js": "app",
  "errors/403.html": "not you",
  "closed.html": "back soon",
  "private/a.txt": "secret",
};

/** A page for every status that can have one. */
export const ERROR_PAGES: Readonly<Record<string, string>> = {
  400: "/docs/guide.html",
  401: "/about.html",
  403: "/errors/403.html",
  404: "/blog/post.html",
  405: "/blog.html",
  503: "/closed.html",
};
const salt = Buffer.from("sixteen bytes ok");
const base64 = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");
/** Of the password "horse". */
export const PASSWORD_HASH: string = `$scrypt$ln=10,r=8,p=1$${base64(salt)}$${base64(scryptSync("horse", salt, 32, { cost: 1024 }))}`;

export const NAVIGATION: Record<string, string> = { "Sec-Fetch-Mode": "navigate", Accept: "text/html" };

/** A handler of that site, whose errors fail the test. */
export function makeSiteHandler(
  t: TestContext,
  site: Partial<SiteOptions>,
  files: Record<string, string> = SITE_FILES,
): TestHandler {
  return makeHandler(t, files, { site, onError: (error) => assert.fail(error) });
}

export function basicAuth(credentials: string): Record<string, string> {
  return { Authorization: basicCredentials(credentials) };
}

/** What came back, in one line: status, and the location or the text. */
export function shown(reply: Reply): string {
  const text = textOf(reply);
  const isOwnPage = text.startsWith("<!doctype html>");
  return `${reply.status} ${fieldOf(reply, "location") ?? (isOwnPage ? "page of the server" : text)}`;
}

/** A site, a target, what comes back as `shown` has it, and the fields of the request. */
export type Answer = [site: Partial<SiteOptions>, target: string, expected: string, fields?: Record<string, string>];

/** One test for each row: cold, warm, and when the plan is old. */
export function testAnswers(answers: readonly Answer[]): void {
  for (const [site, target, expected, fields] of answers) {
    const asked = fields === undefined ? "" : ` with ${JSON.stringify(fields)}`;
    test(`createHandler(${JSON.stringify(site)}) answers ${target}${asked} with ${expected}, warm as well as cold`, async (t) => {
      const { ask, clock } = makeSiteHandler(t, site);
      assert.equal(shown(await ask(target, fields)), expected);
      assert.equal(shown(await ask(target, fields)), expected);
      clock.ms += 1000;
      assert.equal(shown(await ask(target, fields)), expected);
    });
  }
}
