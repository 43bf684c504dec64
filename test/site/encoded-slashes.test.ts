// The option `encodedSlashes`: "%2F" in a path is refused, or is a slash for everybody who looks at the path.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { PASSWORD_HASH, shown } from "../support/answers.ts";
import { basicCredentials } from "../support/credentials.ts";
import { makeHandler, type TestHandler } from "../support/handler.ts";
import { fieldOf } from "../support/reply.ts";
import { testReplies } from "../support/reply-table.ts";
import { openClient, startServer, TRANSPORTS } from "../support/server.ts";
import { makeSite } from "../support/site.ts";

const FILES = {
  "@scope/name": '{ "name": "@scope/name" }',
  "index.html": "home",
  "docs/index.html": "docs",
  "docs/a.txt": "a",
  "private/a.txt": "secret",
  "moved/here.txt": "moved",
  "100%2f.txt": "a percent sign",
  ".git/config": "hidden",
};
const site = { encodedSlashes: "decode" } as const;

testReplies(FILES, [
  {
    name: "an encoded slash is refused unless the site says otherwise",
    target: "/@scope%2fname",
    reply: { status: 400 },
  },
  {
    // So npm and pnpm ask for a scoped package.
    name: "an encoded slash is a slash where the site says so",
    site,
    target: "/@scope%2fname",
    reply: { status: 200, text: FILES["@scope/name"] },
  },
  { name: "its digits may have any case", site, target: "/@scope%2Fname?a=%2f", reply: { status: 200 } },
  {
    name: "the query of a redirect keeps its encoded slashes",
    site,
    target: "/%64ocs%2f..%2fdocs?next=%2Fa%2fb",
    reply: { status: 301, fields: { location: "/docs/?next=%2Fa%2fb" } },
  },
  {
    name: "an encoded slash at the end asks for a folder",
    site,
    target: "/docs%2f",
    reply: { status: 200, text: "docs" },
  },
  { name: "encoded slashes do not lead above the root", site, target: "/docs%2f..%2f..%2fetc", reply: { status: 400 } },
  { name: "nor do encoded dots behind them", site, target: "/%2e%2e%2f%2e%2e%2fetc", reply: { status: 400 } },
  { name: "they lead to no hidden file", site, target: "/.git%2fconfig", reply: { status: 404 } },
  { name: "they make no empty name, and no address of another host", site, target: "/%2fdocs", reply: { status: 404 } },
  { name: "a backslash is refused as ever", site, target: "/docs%5ca.txt", reply: { status: 400 } },
  {
    name: "a slash that is encoded twice is none",
    site,
    target: "/100%252f.txt",
    reply: { status: 200, text: "a percent sign" },
  },
  {
    name: "rules see the decoded path",
    site: { ...site, rewrites: [{ from: "/r/*", to: "/docs/a.txt" }] },
    target: "/r%2fx",
    reply: { status: 200, text: "a" },
  },
  {
    name: "header rules see the decoded path",
    site: { ...site, headers: [{ for: "/docs/*", set: { "X-A": "b" } }] },
    target: "/docs%2fa.txt",
    reply: { status: 200, fields: { "x-a": "b" } },
  },
  {
    name: "a password is asked for by the decoded path",
    site: { ...site, auth: { users: { ada: PASSWORD_HASH }, for: ["/private/*"] } },
    target: "/private%2fa.txt",
    reply: { status: 401 },
  },
]);

function protectedSite(t: TestContext): TestHandler {
  return makeHandler(t, FILES, {
    site: {
      ...site,
      cleanUrls: true,
      listing: true,
      redirects: [{ from: "/old/:name", to: "/moved/:name" }],
      rewrites: [{ from: "/late/*", to: "/docs/*", onlyMissing: true }],
      mounts: { "/mount/ed": makeSite(t, { "in.txt": "in" }) },
      auth: { users: { ada: PASSWORD_HASH }, for: ["/private/*"] },
    },
  });
}

test('createHandler() with encodedSlashes: "decode" answers each path as with plain slashes, cold and warm', async (t) => {
  const { ask } = protectedSite(t);
  const name = fc.constantFrom(
    "docs",
    "private",
    "a.txt",
    "old",
    "late",
    "mount",
    "ed",
    "in.txt",
    "index.html",
    "..",
    ".",
    "",
    "%2e%2e",
    ".git",
    "@scope",
    "name",
  );
  const slash = fc.constantFrom("/", "%2f", "%2F");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(slash, name), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (parts, isKnown) => {
        const path = `/${parts.flat().slice(1).join("")}`;
        const fields = isKnown ? { Authorization: basicCredentials("ada:horse") } : {};
        const reply = await ask(path, fields);
        const plain = await ask(path.replace(/%2f/gi, "/"), fields);
        const answer = [shownOf(reply), fieldOf(reply, "location")];
        assert.deepEqual(answer, [shownOf(plain), fieldOf(plain, "location")], path);
        assert.deepEqual([shownOf(await ask(path, fields)), fieldOf(reply, "location")], answer, path);
      },
    ),
    { numRuns: 500 },
  );
});

function shownOf(reply: Awaited<ReturnType<TestHandler["ask"]>>): string {
  return shown(reply).replaceAll(/\d{4}-\d\d-\d\d[^<]*/g, "");
}

for (const transport of TRANSPORTS) {
  test(`npm gets a scoped package, ${transport}`, async (t) => {
    const server = await startServer(t, { root: makeSite(t, FILES), transport, threads: 1, encodedSlashes: "decode" });
    const client = await openClient(t, server);
    for (let round = 0; round < 2; round++) {
      const { status, body } = await client.request("GET", "/@scope%2fname");
      assert.deepEqual([status, body.toString()], [200, FILES["@scope/name"]]);
    }
    assert.equal((await client.request("GET", "http://test/@scope%2Fname")).status, 200);
  });
}
