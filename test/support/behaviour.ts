// One suite of tests for everything that a peer can see of Heddle, run over several carriers: memory and sockets, one thread
// and several. A carrier serves a folder and connects to it.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { after, before, describe, test } from "node:test";
import type { Limits } from "../../src/options/limits.ts";
import { type Http2Client, responseOf } from "./http2-client.ts";
import { RawClient, type RawResponse } from "./raw-client.ts";

export interface Carrier {
  /** Each connection starts a thread: then one connection is used for what a single reply shows, as long as it persists. */
  readonly isThreadPerConnection?: boolean;
  connect(): Promise<Duplex>;
  stop(): Promise<void>;
}

export type StartCarrier = (root: string, limits: Partial<Limits>) => Promise<Carrier>;

const INDEX = "<!doctype html><title>index</title><p>It works.";
const NOT_FOUND = "<!doctype html><title>lost</title><p>Nothing here.";
const STYLE = "body { color: teal }\n";
/** Larger than a cached file, the buffers of a socket and a chunk. */
const LARGE: Buffer = randomBytes(9 * 1024 * 1024 + 7);
/** Cached, but not copied behind its head. */
const MEDIUM: Buffer = randomBytes(100 * 1024);

/** Short enough for a test to wait, long enough that a busy machine does not reach them by accident. */
const SHORT_LIMITS: Partial<Limits> = { headTimeoutMs: 1500, lingerTimeoutMs: 1000 };

/** @param scheme of the addresses that clients of this carrier ask for */
export function describeServer(name: string, start: StartCarrier, scheme: "http" | "https" = "http"): void {
  describe(name, { timeout: 120_000 }, () => {
    let root = "";
    let carrier: Carrier;
    let asking: RawClient | undefined;
    before(async () => {
      root = await mkdtemp(join(tmpdir(), "heddle-behaviour-"));
      await writeSite(root);
      carrier = await start(root, SHORT_LIMITS);
    });
    after(async () => {
      asking?.close();
      await carrier.stop();
      await rm(root, { recursive: true });
    });

    const client = async (): Promise<RawClient> => new RawClient(await carrier.connect());
    const ask = async (method: string, target: string, extra = ""): Promise<RawResponse> => {
      asking ??= await client();
      const response = await asking.request(method, target, extra);
      if (!carrier.isThreadPerConnection || response.fields.get("connection") === "close") {
        asking.close();
        asking = undefined;
      }
      return response;
    };
    describeContent(ask, scheme);
    describeConditions(ask);
    describeConnections(client);
    describeRefusals(client);
  });
}

export interface Http2Carrier {
  connect(): Promise<Http2Client>;
  stop(): Promise<void>;
}

export type StartHttp2Carrier = (root: string, limits: Partial<Limits>) => Promise<Http2Carrier>;

/**
 * The same over HTTP/2, as far as it is the same there: refusals, connections and their ends differ.
 * @param rows "all", or those about streams: content does not depend on what the transport does elsewhere
 */
export function describeHttp2Server(
  name: string,
  start: StartHttp2Carrier,
  scheme: "http" | "https",
  rows: "all" | "streams",
): void {
  describe(name, { timeout: 120_000 }, () => {
    let root = "";
    let carrier: Http2Carrier;
    let client: Http2Client;
    before(async () => {
      root = await mkdtemp(join(tmpdir(), "heddle-behaviour-"));
      await writeSite(root);
      carrier = await start(root, SHORT_LIMITS);
      client = await carrier.connect();
    });
    after(async () => {
      client.close();
      await carrier.stop();
      await rm(root, { recursive: true });
    });

    const ask: Ask = (method, target, extra) => client.request(method, target, extra);
    if (rows === "all") {
      describeContent(ask, scheme);
      describeConditions(ask);
    }
    describeStreams(() => carrier.connect());
  });
}

function describeStreams(connect: () => Promise<Http2Client>): void {
  test("a hundred streams at once each get their own content, the large ones too", async () => {
    const client = await connect();
    const targets = Array.from(
      { length: 100 },
      (_, i) => ["/style.css", "/missing", "/medium.bin", "/folder/"][i % 4]!,
    );
    targets[7] = targets[50] = "/large.bin";
    const contents: Record<string, Buffer> = {
      "/style.css": Buffer.from(STYLE),
      "/missing": Buffer.from(NOT_FOUND),
      "/medium.bin": MEDIUM,
      "/folder/": Buffer.from("folder"),
      "/large.bin": LARGE,
    };
    const responses = await Promise.all(targets.map((target) => client.request("GET", target)));
    for (const [index, { status, body }] of responses.entries()) {
      assert.equal(status, targets[index] === "/missing" ? 404 : 200);
      assert.equal(digest(body), digest(contents[targets[index]!]!), `stream ${index}`);
    }
    client.close();
  });

  test("HEAD and 304 end with their head, and a 304 has no length", async () => {
    const client = await connect();
    const head = await client.request("HEAD", "/large.bin");
    assert.deepEqual([head.status, head.fields.get("content-length"), head.body.length], [200, `${LARGE.length}`, 0]);
    const unchanged = await client.request("GET", "/style.css", `If-None-Match: *\r\n`);
    assert.deepEqual([unchanged.status, unchanged.fields.get("content-length")], [304, undefined]);
    client.close();
  });

  test("ranges and several ranges of the large file are sent frame by frame", async () => {
    const client = await connect();
    const one = await client.request("GET", "/large.bin", "Range: bytes=1000000-8999999\r\n");
    assert.equal(one.status, 206);
    assert.equal(digest(one.body), digest(LARGE.subarray(1_000_000, 9_000_000)));
    const several = await client.request("GET", "/large.bin", "Range: bytes=0-9, 5000000-5099999\r\n");
    assert.equal(several.fields.get("content-length"), String(several.body.length));
    assert.ok(several.body.includes(LARGE.subarray(5_000_000, 5_100_000)));
    client.close();
  });

  test("a client that reads one stream slowly still gets the others", async () => {
    const client = await connect();
    const slow = client.begin("GET", "/large.bin");
    slow.pause();
    await once(slow, "response");
    for (let count = 0; count < 10; count++) {
      assert.equal(digest((await client.request("GET", "/medium.bin")).body), digest(MEDIUM));
    }
    const parts: Buffer[] = [];
    for await (const part of slow) parts.push(part as Buffer);
    assert.equal(digest(Buffer.concat(parts)), digest(LARGE));
    client.close();
  });

  test("a stream that is cancelled does not disturb the others, nor does a connection that is cut off", async () => {
    const [client, other] = [await connect(), await connect()];
    for (let count = 0; count < 20; count++) {
      const stream = client.begin("GET", "/large.bin");
      stream.on("error", () => {});
      await once(stream, "data");
      stream.close(8);
      await once(stream, "close");
    }
    assert.equal((await client.request("GET", "/style.css")).body.toString(), STYLE);
    const cut = client.begin("GET", "/large.bin");
    cut.on("error", () => {});
    await once(cut, "data");
    client.close();
    assert.equal((await other.request("GET", "/style.css")).body.toString(), STYLE);
    other.close();
  });

  test("the content of a request is read past", async () => {
    const client = await connect();
    const stream = client.session.request({ ":method": "POST", ":path": "/", ":authority": "test" });
    stream.end(Buffer.alloc(200_000));
    assert.equal((await responseOf(stream)).status, 405);
    assert.equal((await client.request("GET", "/")).status, 200);
    client.close();
  });
}

type Ask = (method: string, target: string, extra?: string) => Promise<RawResponse>;
type Connect = () => Promise<RawClient>;

async function writeSite(root: string): Promise<void> {
  await mkdir(join(root, "folder"));
  await mkdir(join(root, ".well-known"));
  await writeFile(join(root, "index.html"), INDEX);
  await writeFile(join(root, "404.html"), NOT_FOUND);
  await writeFile(join(root, "style.css"), STYLE);
  await writeFile(join(root, "folder", "index.html"), "folder");
  // On the disk: a large file with dirty pages gets another tag at each check.
  await writeFile(join(root, "large.bin"), LARGE, { flush: true });
  await writeFile(join(root, "medium.bin"), MEDIUM);
  await writeFile(join(root, "empty.txt"), "");
  await writeFile(join(root, ".secret"), "secret");
  await writeFile(join(root, ".well-known", "security.txt"), "Contact: mailto:root@localhost\n");
  await writeFile(join(root, "with space é.txt"), "named");
  // Old files: their modification times identify versions.
  for (const file of ["index.html", "large.bin", "style.css"]) await utimes(join(root, file), 1e9, 1e9);
}

function describeContent(ask: Ask, scheme: "http" | "https"): void {
  test("GET / sends index.html with its type, length, validators and safety fields", async () => {
    const { status, reason, fields, body } = await ask("GET", "/");
    assert.equal(`${status} ${reason}`, "200 OK");
    assert.equal(body.toString(), INDEX);
    assert.equal(fields.get("content-type"), "text/html; charset=utf-8");
    assert.equal(fields.get("content-length"), String(INDEX.length));
    assert.equal(fields.get("x-content-type-options"), "nosniff");
    assert.equal(fields.get("cache-control"), "no-cache");
    assert.equal(fields.get("accept-ranges"), "bytes");
    assert.equal(fields.get("last-modified"), "Sun, 09 Sep 2001 01:46:40 GMT");
    assert.match(fields.get("etag") ?? "", /^"[^"]+"$/);
    assert.ok(Math.abs(Date.parse(fields.get("date") ?? "") - Date.now()) < 60_000);
  });

  test("HEAD sends what GET does, without the content", async () => {
    const [get, head] = [await ask("GET", "/large.bin"), await ask("HEAD", "/large.bin")];
    assert.equal(head.status, 200);
    for (const name of ["content-length", "content-type", "etag", "last-modified", "accept-ranges"]) {
      assert.equal(head.fields.get(name), get.fields.get(name), name);
    }
  });

  const files = [
    { target: "/style.css", type: "text/css; charset=utf-8", body: Buffer.from(STYLE) },
    { target: "/style.css?v=1", type: "text/css; charset=utf-8", body: Buffer.from(STYLE) },
    { target: "/folder/", type: "text/html; charset=utf-8", body: Buffer.from("folder") },
    { target: "/empty.txt", type: "text/plain; charset=utf-8", body: Buffer.alloc(0) },
    { target: "/medium.bin", type: "application/octet-stream", body: MEDIUM },
    { target: "/large.bin", type: "application/octet-stream", body: LARGE },
    { target: "/with%20space%20%C3%A9.txt", type: "text/plain; charset=utf-8", body: Buffer.from("named") },
    { target: `${scheme}://elsewhere/style.css`, type: "text/css; charset=utf-8", body: Buffer.from(STYLE) },
    { target: `${scheme}://elsewhere`, type: "text/html; charset=utf-8", body: Buffer.from(INDEX) },
  ];
  for (const { target, type, body } of files) {
    test(`GET ${target} is ${body.length} bytes of ${type}`, async () => {
      const response = await ask("GET", target);
      assert.equal(response.status, 200);
      assert.equal(response.fields.get("content-type"), type);
      assert.equal(digest(response.body), digest(body));
    });
  }

  const misses = ["/missing", "/.secret", "/folder/missing.css", "/index.html/", "/.well-known/missing"];
  for (const target of misses) {
    test(`GET ${target} is the site's own 404 page`, async () => {
      const response = await ask("GET", target);
      assert.equal(`${response.status} ${response.reason}`, "404 Not Found");
      assert.equal(response.body.toString(), NOT_FOUND);
      assert.equal(response.fields.get("content-type"), "text/html; charset=utf-8");
      assert.equal(response.fields.get("etag"), undefined);
    });
  }

  for (const target of ["/../etc/passwd", "/%2e%2e/x", "/..%5cx", "/a%2fb", "/a%00", "/%zz"]) {
    test(`GET ${target} is refused without a word about files`, async () => {
      const response = await ask("GET", target);
      assert.ok(response.status === 400 || response.status === 404, String(response.status));
      assert.doesNotMatch(response.body.toString(), /ENOENT|\/tmp|root:/);
    });
  }

  test("GET /folder redirects to /folder/ and keeps the query", async () => {
    const response = await ask("GET", "/folder?a=1&b=%20");
    assert.ok([301, 308].includes(response.status));
    assert.equal(response.fields.get("location"), "/folder/?a=1&b=%20");
  });

  test("OPTIONS is 204 with Allow, for a file and for the server", async () => {
    for (const target of ["/style.css", "*"]) {
      const response = await ask("OPTIONS", target);
      assert.equal(response.status, 204);
      assert.equal(response.fields.get("allow"), "GET, HEAD, OPTIONS");
      assert.equal(response.fields.get("content-length"), undefined);
    }
  });

  test("POST is 405 with Allow", async () => {
    const response = await ask("POST", "/style.css", "Content-Length: 0\r\n");
    assert.equal(response.status, 405);
    assert.equal(response.fields.get("allow"), "GET, HEAD, OPTIONS");
  });
}

function describeConditions(ask: Ask): void {
  test("If-None-Match with the tag is 304 without content", async () => {
    const etag = (await ask("GET", "/style.css")).fields.get("etag");
    const response = await ask("GET", "/style.css", `If-None-Match: "other", ${etag}\r\n`);
    assert.equal(response.status, 304);
    assert.equal(response.fields.get("etag"), etag);
    assert.equal(response.fields.get("content-length"), undefined);
  });

  test("If-Modified-Since with the time is 304, with an earlier one 200", async () => {
    const at = "Sun, 09 Sep 2001 01:46:40 GMT";
    assert.equal((await ask("GET", "/style.css", `If-Modified-Since: ${at}\r\n`)).status, 304);
    const earlier = "Sun, 09 Sep 2001 01:46:39 GMT";
    assert.equal((await ask("GET", "/style.css", `If-Modified-Since: ${earlier}\r\n`)).status, 200);
  });

  test("If-Match with another tag is 412", async () => {
    assert.equal((await ask("GET", "/style.css", 'If-Match: "other"\r\n')).status, 412);
  });

  const ranges = [
    { target: "/style.css", range: "bytes=0-3", body: "body", contentRange: `bytes 0-3/${STYLE.length}` },
    {
      target: "/style.css",
      range: "bytes=-2",
      body: "}\n",
      contentRange: `bytes ${STYLE.length - 2}-${STYLE.length - 1}/${STYLE.length}`,
    },
  ];
  for (const { target, range, body, contentRange } of ranges) {
    test(`Range ${range} of ${target} is 206 with ${contentRange}`, async () => {
      const response = await ask("GET", target, `Range: ${range}\r\n`);
      assert.equal(response.status, 206);
      assert.equal(response.fields.get("content-range"), contentRange);
      assert.equal(response.body.toString(), body);
    });
  }

  test("Range over the large file sends just those bytes", async () => {
    const response = await ask("GET", "/large.bin", "Range: bytes=1000000-8999999\r\n");
    assert.equal(response.status, 206);
    assert.equal(digest(response.body), digest(LARGE.subarray(1_000_000, 9_000_000)));
  });

  test("several ranges are multipart/byteranges", async () => {
    const response = await ask("GET", "/large.bin", "Range: bytes=0-9, 5000000-5000009\r\n");
    assert.equal(response.status, 206);
    const boundary = /^multipart\/byteranges; boundary="?([^"]+)"?$/.exec(
      response.fields.get("content-type") ?? "",
    )?.[1];
    const parts = response.body.toString("latin1").split(`--${boundary}`);
    assert.equal(parts.length, 4);
    assert.equal(parts[0], "\r\n");
    assert.ok(parts[1]?.endsWith(`\r\n\r\n${LARGE.toString("latin1", 0, 10)}\r\n`));
    assert.ok(parts[2]?.endsWith(`\r\n\r\n${LARGE.toString("latin1", 5_000_000, 5_000_010)}\r\n`));
    assert.equal(parts[3]?.trim(), "--");
  });

  test("a range behind the end is 416 with the size", async () => {
    const response = await ask("GET", "/style.css", "Range: bytes=500-\r\n");
    assert.equal(response.status, 416);
    assert.equal(response.fields.get("content-range"), `bytes */${STYLE.length}`);
  });

  test("a range of an empty file is the empty file", async () => {
    for (const range of ["bytes=0-", "bytes=-5"]) {
      const response = await ask("GET", "/empty.txt", `Range: ${range}\r\n`);
      assert.equal(response.status, 200);
      assert.equal(response.fields.get("content-length"), "0");
      assert.equal(response.fields.get("content-range"), undefined);
    }
  });

  test("If-Range with an old tag sends the whole", async () => {
    const response = await ask("GET", "/style.css", 'Range: bytes=0-3\r\nIf-Range: "old"\r\n');
    assert.equal(response.status, 200);
  });
}

function describeConnections(client: Connect): void {
  test("a connection persists, also over 404, 304 and HEAD", async () => {
    const one = await client();
    assert.equal((await one.request("GET", "/missing")).status, 404);
    assert.equal((await one.request("HEAD", "/")).status, 200);
    assert.equal((await one.request("GET", "/", "If-None-Match: *\r\n")).status, 304);
    assert.equal((await one.request("GET", "/")).body.toString(), INDEX);
    one.close();
  });

  test("pipelined requests are answered in order, more of them than one turn takes", async () => {
    const one = await client();
    const targets = Array.from({ length: 100 }, (_, i) => ["/style.css", "/missing", "/large.bin", "/folder/"][i % 4]!);
    const sizes: Record<string, number> = { "/style.css": STYLE.length, "/missing": NOT_FOUND.length, "/folder/": 6 };
    one.write(
      targets
        .map((target) => `${target === "/large.bin" ? "HEAD" : "GET"} ${target} HTTP/1.1\r\nHost: t\r\n\r\n`)
        .join(""),
    );
    for (const target of targets) {
      const response = await one.response(target === "/large.bin");
      assert.equal(response.fields.get("content-length"), String(sizes[target] ?? LARGE.length), target);
    }
    one.close();
  });

  test("a pipeline behind a large reply waits for it", async () => {
    const one = await client();
    one.write("GET /large.bin HTTP/1.1\r\nHost: t\r\n\r\nGET /style.css HTTP/1.1\r\nHost: t\r\n\r\n");
    assert.equal(digest((await one.response()).body), digest(LARGE));
    assert.equal((await one.response()).body.toString(), STYLE);
    one.close();
  });

  test("Connection: close is answered and obeyed", async () => {
    const one = await client();
    const response = await one.request("GET", "/", "Connection: close\r\n");
    assert.equal(response.fields.get("connection"), "close");
    assert.equal((await one.rest()).length, 0);
  });

  test("Connection: close cuts no reply off, however large it is and however slowly the client reads", async () => {
    for (const [target, content] of [
      ["/style.css", Buffer.from(STYLE)],
      ["/medium.bin", MEDIUM],
      ["/large.bin", LARGE],
    ] as const) {
      const one = await client();
      one.stream.pause();
      one.write(`GET ${target} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n`);
      // The server has done all that it can without us: it has sent what the sockets hold, and closed if that is all.
      await client().then((other) => other.request("GET", "/style.css", "Connection: close\r\n"));
      one.stream.resume();
      assert.equal(digest((await one.response()).body), digest(content));
      assert.equal((await one.rest()).length, 0);
    }
  });

  test("HTTP/1.0 closes, unless it asks for keep-alive", async () => {
    const one = await client();
    one.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert.equal((await one.response()).fields.get("connection"), "keep-alive");
    one.write("GET / HTTP/1.0\r\n\r\n");
    assert.equal((await one.response()).body.toString(), INDEX);
    assert.equal((await one.rest()).length, 0);
  });

  test("a half-closed client still gets its reply", async () => {
    for (const target of ["/style.css", "/large.bin", "/missing"]) {
      const one = await client();
      one.stream.end(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: t\r\n\r\n`));
      const response = await one.response();
      assert.equal(response.status, target === "/missing" ? 404 : 200);
      assert.equal((await one.rest()).length, 0);
    }
  });

  test("the content of a request is read past, whole or chunked", async () => {
    const one = await client();
    one.write(`POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 200000\r\n\r\n${"x".repeat(200_000)}`);
    assert.equal((await one.response()).status, 405);
    one.write("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n");
    assert.equal((await one.response()).status, 405);
    assert.equal((await one.request("GET", "/")).status, 200);
    one.close();
  });

  test("a reply comes at once where 100 (Continue) is waited for, and the connection ends", async () => {
    const one = await client();
    const response = await one.request("PUT", "/", "Content-Length: 10\r\nExpect: 100-continue\r\n");
    assert.equal(response.status, 405);
    assert.equal(response.fields.get("connection"), "close");
    one.close();
  });

  test("a peer that aborts in the middle of a reply does not disturb the next", async () => {
    for (let i = 0; i < 20; i++) {
      const one = await client();
      one.write("GET /large.bin HTTP/1.1\r\nHost: t\r\n\r\n");
      await one.more();
      one.close();
    }
    const next = await client();
    assert.equal((await next.request("GET", "/style.css")).status, 200);
    next.close();
  });
}

function describeRefusals(client: Connect): void {
  const cases = [
    { name: "bare LF", bytes: "GET / HTTP/1.1\nHost: t\n\n", status: 400 },
    { name: "no Host", bytes: "GET / HTTP/1.1\r\n\r\n", status: 400 },
    {
      name: "two lengths",
      bytes: "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      status: 400,
    },
    {
      name: "length and coding",
      bytes: "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      status: 400,
    },
    { name: "TRACE", bytes: "TRACE / HTTP/1.1\r\nHost: t\r\n\r\n", status: 501 },
    { name: "HTTP/2.0", bytes: "GET / HTTP/2.0\r\nHost: t\r\n\r\n", status: 505 },
    { name: "a huge head", bytes: `GET / HTTP/1.1\r\nHost: t\r\nA: ${"x".repeat(70_000)}\r\n\r\n`, status: 431 },
    { name: "a huge target", bytes: `GET /${"x".repeat(9000)} HTTP/1.1\r\nHost: t\r\n\r\n`, status: 414 },
    { name: "a bad chunk", bytes: "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", status: 0 },
  ];
  for (const { name, bytes, status } of cases) {
    test(`${name} is refused, the reply arrives, and what follows is never a request`, async () => {
      const one = await client();
      one.write(`${bytes}GET /style.css HTTP/1.1\r\nHost: t\r\n\r\n`);
      const response = await one.response();
      if (status > 0) {
        assert.equal(response.status, status);
        assert.equal(response.fields.get("connection"), "close");
      }
      const rest = (await one.rest()).toString("latin1");
      assert.ok(!rest.includes(STYLE), rest);
    });
  }

  // It is begun before the other tests, which are over at about its deadline.
  let late: RawClient;
  before(async () => {
    late = await client();
    late.write("GET / HTTP/1.1\r\nHost:");
  });
  test("a head that does not come to its end is 408 at its deadline", async () => {
    assert.equal((await late.response()).status, 408);
    assert.equal((await late.rest()).length, 0);
  });

  test("an error reply to a peer that goes on sending is not lost to a reset", async () => {
    const one = await client();
    one.write("GET / HTTP/1.1\nHost: t\n\n");
    for (let i = 0; i < 8; i++) one.write("x".repeat(16_384));
    assert.equal((await one.response()).status, 400);
    one.close();
  });
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
