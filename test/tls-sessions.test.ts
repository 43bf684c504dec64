// Sessions that clients resume: on every thread, under the name and the rules that they began with, and under no other.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import type { Server, ServerOptions } from "../src/server.ts";
import { contextTag, type DerValue, decodeAll, decodeWithin, encode, OCTET_STRING, SEQUENCE } from "../src/tls/der.ts";
import { EXAMPLE, LOCALHOST, tlsFixture } from "./support/certificates.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";

const CLIENT = { cert: readFileSync(tlsFixture("client.pem")), key: readFileSync(tlsFixture("client.key")) };
const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

interface Outcome {
  /** The end of the reply, or the code of an error, or "closed". */
  readonly answer: string;
  readonly isResumed: boolean;
  /** The last one: the server sends two with TLS 1.3. */
  readonly session: Buffer | undefined;
}

/** @param servername "" names no host */
async function ask(t: TestContext, { port }: Server, servername: string, options: ConnectionOptions): Promise<Outcome> {
  // A client that checks who the server is resumes no session of another name, whatever the server would do.
  const socket = connect({ port, host: "127.0.0.1", servername, rejectUnauthorized: false, ...options });
  t.after(() => socket.destroy());
  let session: Buffer | undefined;
  let text = "";
  let code: string | undefined;
  socket.on("session", (one: Buffer) => {
    session = one;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  socket.on("data", (bytes) => {
    text += bytes;
  });
  let isResumed = false;
  socket.on("secureConnect", () => {
    isResumed = socket.isSessionReused();
    socket.write(REQUEST);
  });
  await new Promise((resolve) => socket.on("close", resolve));
  return { answer: text.slice(-6) || code || "closed", isResumed, session };
}

/** Node 26.10 writes the name of the host before a session. */
const NODE_PREFIX = "\0nodejs:tls:session:1\0";

/** The fields of an SSL_SESSION. */
function fieldsOf(session: Buffer): DerValue[] {
  const hasPrefix = session.toString("latin1", 0, NODE_PREFIX.length) === NODE_PREFIX;
  const start = hasPrefix ? NODE_PREFIX.length + 2 + session.readUInt16BE(NODE_PREFIX.length) : 0;
  return decodeWithin(decodeAll(session.subarray(start))[0], SEQUENCE);
}

/**
 * The session, as if it had begun under another name: neither Node nor OpenSSL would offer it otherwise. A session is a
 * SEQUENCE, in which [6] is the name (ssl/ssl_asn1.c).
 */
function underName(session: Buffer, servername: string): Buffer {
  const nameTag = contextTag(6, true);
  const fields = fieldsOf(session).filter(({ tag }) => tag !== nameTag);
  const at = fields.findIndex(({ tag }) => tag > nameTag);
  const name = servername === "" ? [] : [encode(nameTag, encode(OCTET_STRING, Buffer.from(servername)))];
  const raw = fields.map((field) => field.raw);
  return encode(SEQUENCE, ...raw.slice(0, at), ...name, ...raw.slice(at));
}

function secureServer(t: TestContext, options: ServerOptions): Promise<Server> {
  return startServer(t, { root: makeSite(t, { "index.html": "secure" }), threads: 1, ...options });
}

const NAMES = ["localhost", "example.com", "www.example.com", "unknown.test", ""] as const;
/** The certificate that answers for a name. Of unknown names, and without one, it is the first. */
const CERTIFICATES: Readonly<Record<(typeof NAMES)[number], string>> = {
  localhost: "localhost",
  "example.com": "example",
  "www.example.com": "example",
  "unknown.test": "localhost",
  "": "localhost",
};

for (const transport of TRANSPORTS) {
  describe(`sessions on the ${transport} transport`, { timeout: 60_000 }, () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const range = { minVersion: version, maxVersion: version };

      test(`with ${version}, a session is resumed under its own name, and under no name of another certificate`, async (t) => {
        const server = await secureServer(t, { transport, tls: [LOCALHOST, EXAMPLE] });
        for (const from of NAMES) {
          const { session } = await ask(t, server, from, range);
          assert.ok(session);
          for (const to of NAMES) {
            const offered = { ...range, session: underName(session, to) };
            const { answer, isResumed } = await ask(t, server, to, offered);
            assert.equal(answer, "secure");
            // RFC 6066 §3 says "the same name". The portable transport can only compare certificates.
            const isSame = transport === "kernel" ? from === to : CERTIFICATES[from] === CERTIFICATES[to];
            assert.equal(isResumed, isSame, `from "${from}" to "${to}"`);
          }
        }
      });

      test(`with ${version}, capitals and a dot at the end make no other name`, async (t) => {
        const server = await secureServer(t, { transport, tls: [LOCALHOST, EXAMPLE] });
        const { session } = await ask(t, server, "Example.COM.", range);
        const offered = { ...range, session: underName(session!, "example.com") };
        assert.equal((await ask(t, server, "example.com", offered)).isResumed, true);
      });

      for (const rule of ["required", "optional"] as const) {
        test(`with ${version}, a session of one host proves nothing to another where certificates are ${rule}`, async (t) => {
          const clients = { clientCa: tlsFixture("client-ca.pem"), clientCertificate: rule };
          const tls = [LOCALHOST, EXAMPLE].map((one) => ({ ...one, ...clients }));
          const server = await secureServer(t, { transport, tls, allowClients: ["CN=client"] });
          for (const [from, to] of [
            ["localhost", "example.com"],
            ["example.com", "localhost"],
          ] as const) {
            const { answer, session } = await ask(t, server, from, { ...range, ...CLIENT });
            assert.equal(answer, "secure");
            const other = await ask(t, server, to, { ...range, session: underName(session!, to) });
            assert.equal(other.isResumed, false, `${from} to ${to}`);
            assert.notEqual(other.answer, "secure");
            const own = await ask(t, server, from, { ...range, session: session! });
            assert.deepEqual([own.answer, own.isResumed], ["secure", true], from);
          }
        });
      }
    }

    test("no session allows early data (0-RTT)", async (t) => {
      const { session } = await ask(t, await secureServer(t, { transport, tls: LOCALHOST }), "localhost", {});
      const tags = fieldsOf(session!).map(({ tag }) => tag);
      // As ssl/ssl_asn1.c numbers them: the ticket, and how much early data may come with it, if any may.
      assert.ok(tags.includes(contextTag(10, true)));
      assert.ok(!tags.includes(contextTag(15, true)));
    });

    test("sessions without a certificate are not resumed when one is asked for", async (t) => {
      const before = await secureServer(t, { transport, tls: LOCALHOST });
      const { session } = await ask(t, before, "localhost", {});
      const tls = { ...LOCALHOST, clientCa: tlsFixture("client-ca.pem") };
      const after = await secureServer(t, { transport, tls });
      assert.notEqual((await ask(t, after, "localhost", { session: session! })).answer, "secure");
    });
  });
}
