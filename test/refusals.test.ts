// Every refusal says why: in an event, in the counts and in the trace, with the code that docs/errors.md has, whichever
// transport carries the connection.
import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FLAG, FRAME, PREFACE } from "../src/http2/frames.ts";
import type { Server, ServerEvent, ServerOptions } from "../src/server.ts";
import { LOCALHOST } from "./support/certificates.ts";
import { data, frame, ping, settings } from "./support/http2.ts";
import { Http2Client } from "./support/http2-client.ts";
import { RawClient } from "./support/raw-client.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

type Refused = Extract<ServerEvent, { kind: "refused" }>;

/** A server whose refusals and trace are collected. */
class Watched {
  readonly refused: Refused[] = [];
  trace = "";
  server!: Server;

  readonly onEvent = (event: ServerEvent): void => {
    if (event.kind === "refused") this.refused.push(event);
    if (event.kind === "trace") this.trace += `${event.text}\n`;
  };
}

const options: ServerOptions = { root: "public", threads: 1, trace: true };

interface Case {
  readonly bytes: string | Buffer;
  readonly code: string;
  /** Undefined where no reply can be sent. */
  readonly status?: number;
  /** A part of the trace. */
  readonly trace: RegExp;
}

const plain: Readonly<Record<string, Case>> = {
  "a bare LF": {
    bytes: "GET / HTTP/1.1\nHost: a\r\n\r\n",
    code: "BARE_LF",
    status: 400,
    trace:
      /connection \d+ ! BARE_LF: a line ends with LF alone; CRLF is wanted \(RFC 9112 §2\.2\)\n.* ! GET \/ HTTP\/1\.1\\nHost: a\\r\\n\\r\\n\n.* ! {15}\^\n/,
  },
  "HTTP/0.9": {
    bytes: "GET /\r\n",
    code: "VERSION_MISSING",
    status: 400,
    trace: /! VERSION_MISSING: the request line ends behind the target: HTTP\/0\.9 is not spoken here/,
  },
  "a TLS hello": {
    bytes: Buffer.of(0x16, 3, 1, 0, 5),
    code: "TLS_ON_PLAIN",
    status: 400,
    trace: /! TLS_ON_PLAIN: .*\n.* ! \\x16\\x03\\x01\\x00\\x05\n/,
  },
  "HTTP/2 where it is not spoken": {
    bytes: Buffer.concat([PREFACE, settings()]),
    code: "HTTP2_UNEXPECTED",
    status: 505,
    trace: /! HTTP2_UNEXPECTED: HTTP\/2 came to a port/,
  },
  "content that is no chunk, after the reply": {
    bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    code: "CHUNK_MALFORMED",
    trace: /> HTTP\/1\.1 405 [^!]*! CHUNK_MALFORMED: .*\n.* ! ZZ\\r\\n\n/,
  },
  "a path that is badly encoded": {
    bytes: "GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    code: "PATH_ENCODING_MALFORMED",
    status: 400,
    trace: /! PATH_ENCODING_MALFORMED: two hex digits[^\n]*\n[^\n]*> HTTP\/1\.1 400 /,
  },
  "a hidden file": {
    bytes: "GET /.env HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: secret\r\n\r\n",
    code: "PATH_HIDDEN",
    status: 404,
    trace: /< Cookie: \*\*\*\n[^\n]*! PATH_HIDDEN: a name begins with a dot/,
  },
};

const http2: Readonly<Record<string, Case>> = {
  "a frame for a stream that was never opened": {
    bytes: Buffer.concat([PREFACE, settings(), data(1, "")]),
    code: "STREAM_IDLE",
    trace: /! STREAM_IDLE: a frame is for a stream that was never opened \(PROTOCOL_ERROR, RFC 9113 §5\.1\)/,
  },
  "a flood of PING": {
    bytes: Buffer.concat([PREFACE, settings(), ...Array.from({ length: 3000 }, () => ping())]),
    code: "CONTROL_FLOOD",
    trace:
      /! CONTROL_FLOOD: over controlFrameLimitCount frames came in a second \(ENHANCE_YOUR_CALM, RFC 9113 §10\.5\)/,
  },
  "a block that cannot be decoded": {
    bytes: Buffer.concat([PREFACE, settings(), frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, Buffer.of(0x80))]),
    code: "INDEX_ZERO",
    trace: /! INDEX_ZERO: a field has the index 0 \(COMPRESSION_ERROR, RFC 7541 §6\.1\)/,
  },
};

const tls: Readonly<Record<string, Case>> = {
  "plain HTTP": {
    bytes: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    code: "PLAIN_ON_TLS",
    status: 400,
    trace: /! PLAIN_ON_TLS: plain HTTP came to a port for HTTPS/,
  },
  "a hello that is none": {
    bytes: Buffer.of(0x16, 3, 1, 0, 4, 1, 0, 0, 0),
    code: "TLS_MALFORMED",
    trace: /! TLS_MALFORMED: the client sent records or messages that are not TLS/,
  },
};

const suites: readonly { name: string; options: ServerOptions; cases: Readonly<Record<string, Case>> }[] = [
  { name: "over HTTP/1.1", options: {}, cases: plain },
  { name: "over HTTP/2", options: { h2c: true }, cases: http2 },
  { name: "over TLS", options: { tls: LOCALHOST }, cases: tls },
];

for (const transport of TRANSPORTS) {
  for (const suite of suites) {
    test(`what is refused ${suite.name} says why, on the ${transport} transport`, async (t) => {
      const watched = new Watched();
      const server = await startServer(t, { ...options, ...suite.options, transport, onEvent: watched.onEvent });
      for (const [what, { bytes, code, status, trace }] of Object.entries(suite.cases)) {
        await t.test(what, async (t) => {
          const before = watched.refused.length;
          const client = await RawClient.open(server.port);
          t.after(() => client.close());
          client.write(bytes);
          const reply = (await client.rest()).toString("latin1");
          if (status !== undefined) assert.match(reply, new RegExp(`^HTTP/1\\.1 ${status} `));
          await until(() => watched.refused.length > before);
          const event = watched.refused[before]!;
          assert.deepEqual([event.code, event.status, event.address], [code, status, "127.0.0.1"]);
          assert.equal(event.listener, "127.0.0.1:0");
          assert.match(event.text, new RegExp(`^${code}: .* \\(.*RFC \\d+ §.*\\)$`));
          assert.equal(server.threads.refusals[code], 1);
          assert.equal(server.threads.threads[0]!.refusals[code], 1);
          await until(() => trace.test(watched.trace));
        });
      }
    });
  }
}

test("a file that the server may not read is a 403, and one warning with the system's error", async (t) => {
  const root = makeSite(t, { "secret.txt": "secret", "open.txt": "open" });
  chmodSync(root, 0o755);
  chmodSync(join(root, "secret.txt"), 0o000);
  const warnings: string[] = [];
  const watched = new Watched();
  const onEvent = (event: ServerEvent): void => {
    if (event.kind === "warning") warnings.push(event.text);
    watched.onEvent(event);
  };
  const server = await startServer(t, { root, threads: 2, revalidateMs: 0, onEvent });
  // Root may read everything: for a while the process is nobody.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid!(65_534);
  try {
    for (let count = 0; count < 6; count++) {
      const client = await RawClient.open(server.port);
      t.after(() => client.close());
      assert.equal((await client.request("GET", "/secret.txt")).status, 403);
      assert.equal((await client.request("GET", "/open.txt")).status, 200);
    }
    await until(() => watched.refused.length === 6);
  } finally {
    if (isRoot) process.seteuid!(0);
  }
  assert.deepEqual(server.threads.refusals, { FILE_FORBIDDEN: 6 });
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0]!,
    /^403 for a file: may not read "secret\.txt": EACCES: permission denied, open '.*secret\.txt'$/,
  );
});

test("the trace of a thread per connection tells how threads live, and connections have numbers of their own", async (t) => {
  for (const transport of TRANSPORTS) {
    const watched = new Watched();
    const server = await startServer(t, {
      ...options,
      threads: "per-connection",
      maxThreads: 2,
      transport,
      onEvent: watched.onEvent,
    });
    for (const _ of [1, 2]) {
      const client = await RawClient.open(server.port);
      client.write("GET / HTTP/1.0\r\n\r\n");
      await client.rest();
      client.close();
    }
    await until(() => [1, 2].every((thread) => watched.trace.includes(`thread ${thread} ended\n`)));
    // Either may take the first connection.
    const served = [...watched.trace.matchAll(/^thread ([12]) connection (\d+) replied after \d+\.\d ms, /gm)];
    assert.deepEqual(served.map(([, thread]) => thread).sort(), ["1", "2"]);
    assert.deepEqual(served.map(([, , connection]) => connection).sort(), ["1", "2"]);
    for (const thread of [1, 2]) {
      const lines = ["starts", "waits for a connection", "takes a connection", "ended"];
      for (const line of lines) assert.ok(watched.trace.includes(`thread ${thread} ${line}\n`), `${thread} ${line}`);
    }
  }
});

for (const transport of TRANSPORTS) {
  for (const [option, isShown] of [
    ["trace", false],
    ["traceSecrets", true],
  ] as const) {
    test(`${option} ${isShown ? "shows" : "masks"} secrets, also of what is refused, ${transport}`, async (t) => {
      const watched = new Watched();
      const { onEvent } = watched;
      watched.server = await startServer(t, {
        root: "public",
        threads: 1,
        transport,
        [option]: true,
        h2c: true,
        onEvent,
      });
      const head = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer hush-1\r\n";
      const client = await RawClient.open(watched.server.port);
      assert.equal((await client.request("GET", "/", "Authorization: Bearer hush-2\r\n")).status, 200);
      client.write(`${head}Cookie: hush-3\n\r\n`);
      assert.equal((await client.response()).status, 400);
      client.close();
      const http2 = await Http2Client.open(watched.server.port, "http");
      assert.equal((await http2.request("GET", "/", "Authorization: Bearer hush-4\r\n")).status, 200);
      http2.close();
      await until(() => watched.trace.split(/ closed after /).length === 3);
      for (const secret of ["hush-1", "hush-2", "hush-3", "hush-4"])
        assert.equal(watched.trace.includes(secret), isShown, `${secret} in ${watched.trace}`);
    });
  }
}
