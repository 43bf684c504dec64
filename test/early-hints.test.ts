// The option `earlyHints`: Link fields go ahead of a page as 103 (RFC 8297), to browsers that visit it, and to nobody else.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { after, before, describe, type TestContext, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Reply, Request } from "../src/http/message.ts";
import { LIMIT_DEFAULTS } from "../src/options/limits.ts";
import type { ServerOptions } from "../src/server.ts";
import { connectInMemory } from "../src/transport/memory.ts";
import * as http2 from "../src/transport/portable/http2-exchanges.ts";
import { PortableTransport } from "../src/transport/portable/transport.ts";
import { PASSWORD_HASH } from "./support/answers.ts";
import { LOCALHOST } from "./support/certificates.ts";
import { launchChromium } from "./support/chromium.ts";
import { basicCredentials } from "./support/credentials.ts";
import { textReply } from "./support/http1.ts";
import { Http2Client } from "./support/http2-client.ts";
import { RawClient } from "./support/raw-client.ts";
import { openClient, startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const VISIT = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
const PRELOAD = "</app.css>; rel=preload; as=style";
const CONNECT = "<https://cdn.example>; rel=preconnect";

const FILES = {
  "index.html": "<title>home</title>",
  "plain.html": "<title>plain</title>",
  "404.html": "<title>lost</title>",
  "200.html": "<title>app</title>",
  "private/index.html": "<title>secret</title>",
  "large.html": "<p>large</p>".repeat(100_000),
  "app.css": "p { color: red }",
};

const headers = [
  { for: "/*", set: { Link: `${PRELOAD}, ${CONNECT}, </>; rel=canonical` } },
  { for: "/plain.html", set: { Link: "</plain>; rel=canonical" } },
];

interface Exchange {
  readonly interim: readonly IncomingHttpHeaders[];
  readonly response: IncomingHttpHeaders;
}

async function exchange(stream: ClientHttp2Stream): Promise<Exchange> {
  const interim: IncomingHttpHeaders[] = [];
  stream.on("headers", (fields) => interim.push(fields));
  const [[response]] = await Promise.all([once(stream, "response"), once(stream.resume(), "close")]);
  return { interim, response };
}

/** @returns the Link field of each 103, and the status of the reply */
function shown({ interim, response }: Exchange): readonly [hints: readonly unknown[], status: number] {
  for (const fields of interim) {
    assert.deepEqual([Number(fields[":status"]), Object.keys(fields)], [103, [":status", "link"]]);
  }
  return [interim.map(({ link }) => link), Number(response[":status"])];
}

async function open(t: TestContext, options: ServerOptions): Promise<Http2Client> {
  const server = await startServer(t, {
    root: makeSite(t, FILES),
    threads: 1,
    h2c: true,
    earlyHints: "http2",
    headers,
    ...options,
  });
  const client = await Http2Client.open(server.port, options.tls === undefined ? "http" : "https");
  t.after(() => client.close());
  return client;
}

const HINTS = [`${PRELOAD}, ${CONNECT}`];

const requests: readonly (readonly [
  name: string,
  method: string,
  target: string,
  extra: string,
  hints: readonly string[],
  status: number,
])[] = [
  // Complaint: static-web-server #507, ferron #168
  ["a visit gets the links that a browser acts on ahead of the page", "GET", "/", VISIT, HINTS, 200],
  ["a large page is hinted, too", "GET", "/large.html", VISIT, HINTS, 200],
  ["a visit of a page without such links gets none", "GET", "/plain.html", VISIT, [], 200],
  ["a script gets none", "GET", "/", "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n", [], 200],
  ["a frame gets none", "GET", "/", "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n", [], 200],
  ["a client that does not say what it is gets none", "GET", "/", "Accept: text/html\r\n", [], 200],
  ["HEAD gets none", "HEAD", "/", VISIT, [], 200],
  ["a question whether a page has changed gets none", "GET", "/", `${VISIT}If-None-Match: *\r\n`, [], 304],
  ["a part of a page gets none", "GET", "/", `${VISIT}Range: bytes=0-1\r\n`, [], 206],
  ["a missing page gets none", "GET", "/missing", VISIT, [], 404],
  ["a redirect gets none", "GET", "/private", VISIT, [], 301],
];

for (const transport of TRANSPORTS) {
  describe(`early hints, ${transport}`, () => {
    test("who gets hints", async (t) => {
      const client = await open(t, { transport });
      for (const [name, method, target, extra, hints, status] of requests) {
        await t.test(name, async () => {
          // The first time that a path is asked for, nothing is known of it.
          for (let round = 0; round < 2; round++) {
            assert.deepEqual(shown(await exchange(client.begin(method, target, extra))), [hints, status]);
          }
        });
      }
    });

    test("hints and pages of many streams stay together", async (t) => {
      const client = await open(t, { transport });
      const targets = Array.from({ length: 60 }, (_, index) => ["/", "/plain.html", "/large.html"][index % 3]!);
      const exchanges = await Promise.all(targets.map((target) => exchange(client.begin("GET", target, VISIT))));
      for (const [index, found] of exchanges.entries()) {
        assert.deepEqual(shown(found), [targets[index] === "/plain.html" ? [] : HINTS, 200]);
      }
    });

    test("hints go over TLS", async (t) => {
      const client = await open(t, { transport, tls: LOCALHOST });
      assert.deepEqual(shown(await exchange(client.begin("GET", "/", VISIT))), [HINTS, 200]);
    });

    test("hints come after a password is checked, and never before", async (t) => {
      const auth = { users: { ada: PASSWORD_HASH } };
      const client = await open(t, { transport, auth });
      assert.deepEqual(shown(await exchange(client.begin("GET", "/private/", VISIT))), [[], 401]);
      const known = `${VISIT}Authorization: ${basicCredentials("ada:horse")}\r\n`;
      assert.deepEqual(shown(await exchange(client.begin("GET", "/private/", known))), [HINTS, 200]);
    });

    test("the page of an application is hinted for every path", async (t) => {
      const client = await open(t, { transport, fallback: "/200.html" });
      assert.deepEqual(shown(await exchange(client.begin("GET", "/users/7", VISIT))), [HINTS, 200]);
    });

    test("without the option nothing goes ahead of a page", async (t) => {
      const client = await open(t, { transport, earlyHints: "off" });
      const { interim, response } = await exchange(client.begin("GET", "/", VISIT));
      assert.deepEqual(interim, []);
      assert.match(String(response["link"]), /rel=preload/);
    });

    test("HTTP/1.1 has no hints by default", async (t) => {
      const server = await startServer(t, { root: makeSite(t, FILES), transport, headers, earlyHints: "http2" });
      const client = await openClient(t, server);
      assert.equal((await client.request("GET", "/", VISIT)).status, 200);
    });

    test('HTTP/1.1 has hints with "all", and HTTP/1.0 has none', async (t) => {
      const server = await startServer(t, { root: makeSite(t, FILES), transport, headers, earlyHints: "all" });
      const client = await openClient(t, server);
      client.write(
        `GET / HTTP/1.1\r\nHost: test\r\n${VISIT}\r\nGET /plain.html HTTP/1.1\r\nHost: test\r\n${VISIT}\r\n`,
      );
      client.write(`GET / HTTP/1.0\r\nHost: test\r\n${VISIT}\r\n`);
      const text = (await client.rest()).toString("latin1");
      const statuses = text.match(/HTTP\/1\.1 \d+ [A-Z][A-Za-z ]+/g)?.map((line) => line.slice("HTTP/1.1 ".length));
      assert.deepEqual(statuses, ["103 Early Hints", "200 OK", "200 OK", "200 OK"]);
      assert.ok(text.startsWith(`HTTP/1.1 103 Early Hints\r\nLink: ${HINTS[0]}\r\n\r\nHTTP/1.1 200 OK\r\n`));
    });
  });
}

test("hints leave while the page has to wait", async (t) => {
  // What was sent before takes minutes to be paid for.
  const client = await open(t, { bandwidth: { clientBytesPerSecond: 4096 } });
  const first = client.begin("GET", "/large.html");
  await once(first, "data");
  first.close();
  const visit = client.begin("GET", "/", VISIT);
  const [fields] = (await once(visit, "headers")) as [IncomingHttpHeaders];
  assert.equal(fields["link"], HINTS[0]);
});

/** Both requests have to wait, and the first of them keeps nothing of its head. */
async function askTwice(
  t: TestContext,
  protocol: "HTTP/1.1" | "HTTP/2",
): Promise<readonly [first: Exchange, second: Exchange]> {
  const first = Promise.withResolvers<Reply>();
  const second = Promise.withResolvers<Reply>();
  const asked: Request[] = [];
  const handle = (request: Request): Promise<Reply> => {
    const isFirst = asked.length === 0;
    asked.push(isFirst ? request : request.retain());
    return isFirst ? first.promise : second.promise;
  };
  const counters = { countConnection() {}, countRequest() {}, countSent() {} };
  const handler = { handle, refuse: () => textReply(500, "") };
  const transport = new PortableTransport(
    handler,
    { limits: LIMIT_DEFAULTS, http2 },
    { counters, onError: (error) => assert.fail(String(error)) },
  );
  t.after(() => transport.destroy());
  const begin = (target: string): Promise<Exchange> => {
    if (protocol === "HTTP/2") {
      const client = new Http2Client(connect("http://test", { createConnection: () => connectInMemory(transport) }));
      t.after(() => client.close());
      return exchange(client.begin("GET", target));
    }
    const client = new RawClient(connectInMemory(transport));
    t.after(() => client.close());
    client.write(`GET ${target} HTTP/1.1\r\nHost: test\r\n\r\n`);
    return exchangeOf(client);
  };
  const waiting = begin("/first");
  await until(() => asked.length === 1);
  const visiting = begin("/second");
  await until(() => asked.length === 2);
  asked[1]!.notes.earlyHints = { fields: "Link: </secret>; rel=preload\r\n", toHttp1: true };
  first.resolve(textReply(200, "first"));
  const ended = await waiting;
  second.resolve(textReply(200, "second"));
  return [ended, await visiting];
}

/** Of HTTP/1.1. */
async function exchangeOf(client: RawClient): Promise<Exchange> {
  const interim: IncomingHttpHeaders[] = [];
  for (;;) {
    const { status, fields } = await client.response(true);
    const head = { ":status": String(status), link: fields.get("link") };
    if (status !== 103) return { interim, response: head };
    interim.push(head);
  }
}

for (const protocol of ["HTTP/1.1", "HTTP/2"] as const) {
  test(`hints of one request never go to another that waits, ${protocol}`, async (t) => {
    const [first, second] = await askTwice(t, protocol);
    assert.deepEqual(shown(first), [[], 200]);
    assert.deepEqual(shown(second), [["</secret>; rel=preload"], 200]);
  });
}

describe("early hints in Chromium", () => {
  let browser: Browser;
  before(async () => {
    browser = await launchChromium(LOCALHOST.cert);
  });
  after(() => browser?.close());

  test("styles are fetched by the hints, once, and only then found in the page", async (t) => {
    const [app, late] = ["/app-BxK3f9aZ.css", "/late-CyL4g0bA.css"];
    const root = makeSite(t, {
      "index.html": `<!doctype html><title>page</title><link rel="stylesheet" href="${app}"><p>text`,
      [app.slice(1)]: `@import url(${late});`,
      [late.slice(1)]: "p { color: rgb(1, 2, 3) }",
    });
    const link = [app, late].map((path) => `<${path}>; rel=preload; as=style`).join(", ");
    const asked: string[] = [];
    const { port } = await startServer(t, {
      root,
      tls: LOCALHOST,
      earlyHints: "http2",
      headers: [{ for: "/", set: { Link: link } }],
      threads: 1,
      trace: true,
      onEvent(event) {
        if (event.kind === "trace") asked.push(...event.text.matchAll(/< :path: (\S+\.css)/g).map(([, path]) => path!));
      },
    });
    const page = await browser.newPage();
    await page.goto(`https://localhost:${port}/`, { waitUntil: "load" });
    const resources = await page.evaluate<[string, string][]>(
      "performance.getEntriesByType('resource').map(({ name, initiatorType }) => [new URL(name).pathname, initiatorType])",
    );
    assert.deepEqual(resources.sort(), [
      [app, "early-hints"],
      [late, "early-hints"],
    ]);
    assert.equal(await page.evaluate("getComputedStyle(document.querySelector('p')).color"), "rgb(1, 2, 3)");
    assert.deepEqual(asked.sort(), [app, late]);
  });
});
