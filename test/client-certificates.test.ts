// Mutual TLS: who gets in, who does not, and by which alert; a session that is resumed changes neither.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { copyFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type ConnectionOptions, connect } from "node:tls";
import { createServer, type Server, type ServerControls, type ServerEvent, type ServerOptions } from "../src/server.ts";
import { AUTHORITIES, EXAMPLE, LOCALHOST, tlsFixture } from "./support/certificates.ts";
import { startServer, TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const CLIENT_CA = tlsFixture("client-ca.pem");
const SITE = { "index.html": "secure" };
const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

function textOf(name: string): string {
  return readFileSync(tlsFixture(name), "latin1");
}

/** What a client proves itself with. */
function client(name: string, ...authorities: string[]): ConnectionOptions {
  return { cert: [name, ...authorities].map((one) => textOf(`${one}.pem`)).join(""), key: textOf(`${name}.key`) };
}

function secureServer(
  t: TestContext,
  rule: "required" | "optional",
  options: ServerOptions & ServerControls = {},
): Promise<Server> {
  const tls = { ...LOCALHOST, clientCa: CLIENT_CA, clientCertificate: rule };
  return startServer(t, { root: makeSite(t, SITE), tls, ...options });
}

interface Outcome {
  /** The end of the reply, or the code of an error, or "closed". */
  readonly answer: string;
  readonly session: Buffer | undefined;
  readonly isResumed: boolean;
}

/** With TLS 1.3 a client learns that it is refused only after its handshake. */
function ask(t: TestContext, { port }: Pick<Server, "port">, options: ConnectionOptions): Promise<Outcome> {
  const socket = connect({ port, host: "127.0.0.1", servername: "localhost", ca: [...AUTHORITIES], ...options });
  t.after(() => socket.destroy());
  return new Promise((resolve) => {
    let session: Buffer | undefined;
    let text = "";
    let failure: NodeJS.ErrnoException | undefined;
    socket.on("session", (one) => {
      session = one;
    });
    let isResumed = false;
    socket.on("secureConnect", () => {
      isResumed = socket.isSessionReused();
      socket.write(REQUEST);
    });
    socket.on("data", (bytes) => {
      text += bytes;
    });
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => {
      const answer = text.slice(-6) || failure?.code || "closed";
      resolve({ answer, session, isResumed });
    });
  });
}

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
const NONE: ConnectionOptions = {};

/** Alerts of TLS 1.2 and of TLS 1.3, as node:tls names them. */
const refused: [who: string, options: ConnectionOptions, alert: RegExp][] = [
  ["a certificate of another authority", client("client-of-other"), /ALERT_UNKNOWN_CA$/],
  ["a certificate that has expired", client("client-expired"), /ALERT_CERTIFICATE_EXPIRED$/],
  [
    "a certificate that is for servers only",
    client("client-for-servers"),
    /ALERT_(UNSUPPORTED_CERTIFICATE|BAD_CERTIFICATE)$/,
  ],
  ["a certificate of a lower authority that it does not send", client("client-of-sub"), /ALERT_UNKNOWN_CA$/],
];

for (const transport of TRANSPORTS) {
  describe(`client certificates on the ${transport} transport`, { timeout: 60_000 }, () => {
    /** node:tls hangs up without an alert. */
    const assertRefused = (answer: string, alert: RegExp): void =>
      assert.match(answer, transport === "kernel" ? alert : /^(closed|ECONNRESET|EPIPE)$/);

    for (const version of VERSIONS) {
      const range = { minVersion: version, maxVersion: version };
      for (const rule of ["required", "optional"] as const) {
        test(`with ${version}, a client gets in with a certificate that is ${rule}`, async (t) => {
          const server = await secureServer(t, rule, { transport });
          assert.equal((await ask(t, server, { ...range, ...client("client") })).answer, "secure");
          const ofSub = client("client-of-sub", "client-sub-ca");
          assert.equal((await ask(t, server, { ...range, ...ofSub })).answer, "secure");
        });

        test(`with ${version}, a client with a wrong certificate is refused where one is ${rule}`, async (t) => {
          const server = await secureServer(t, rule, { transport });
          for (const [who, options, alert] of refused) {
            const { answer, session } = await ask(t, server, { ...range, ...options });
            assert.notEqual(answer, "secure", who);
            assertRefused(answer, alert);
            if (session === undefined) continue;
            const again = await ask(t, server, { ...range, ...options, session });
            assert.notEqual(again.answer, "secure", `${who}, resumed`);
            const without = await ask(t, server, { ...range, session });
            assert.notEqual(without.isResumed && without.answer, "secure", `${who}, resumed without it`);
          }
        });
      }

      test(`with ${version}, a client without a certificate is refused where one is required`, async (t) => {
        const server = await secureServer(t, "required", { transport });
        const { answer } = await ask(t, server, { ...range, ...NONE });
        // RFC 8446 §6.2: certificate_required is new in TLS 1.3.
        assert.match(answer, version === "TLSv1.3" ? /ALERT_CERTIFICATE_REQUIRED$/ : /ALERT_HANDSHAKE_FAILURE$/);
      });

      test(`with ${version}, a client without a certificate gets in where one is optional`, async (t) => {
        const server = await secureServer(t, "optional", { transport });
        const { answer, session } = await ask(t, server, { ...range, ...NONE });
        assert.equal(answer, "secure");
        const again = await ask(t, server, { ...range, session });
        assert.deepEqual([again.answer, again.isResumed], ["secure", true]);
      });

      test(`with ${version}, a client that got in resumes its session on any thread`, async (t) => {
        const server = await secureServer(t, "required", { transport, threads: 2 });
        const { session } = await ask(t, server, { ...range, ...client("client") });
        for (let count = 0; count < 4; count++) {
          const again = await ask(t, server, { ...range, ...client("client"), session });
          assert.deepEqual([again.answer, again.isResumed], ["secure", true]);
        }
      });
    }

    for (const version of VERSIONS) {
      test(`with ${version}, a site lets in the clients that it names, and shows who they are in the trace`, async (t) => {
        const range = { minVersion: version, maxVersion: version };
        const fingerprint = new X509Certificate(textOf("client.pem")).fingerprint256;
        const cases: [allowClients: string[], ofClient: string, ofNobody: string][] = [
          [["CN=client"], "secure", "403"],
          [[fingerprint], "secure", "403"],
          [["CN=someone else"], "403", "403"],
        ];
        for (const [allowClients, ofClient, ofNobody] of cases) {
          const traces: string[] = [];
          const onEvent = (event: ServerEvent): void => void (event.kind === "trace" && traces.push(event.text));
          const server = await secureServer(t, "optional", { transport, allowClients, trace: true, onEvent });
          const statusOf = async (options: ConnectionOptions): Promise<[string, Buffer | undefined]> => {
            const { answer, session } = await ask(t, server, { ...range, ...options });
            return [answer === "secure" ? answer : "403", session];
          };
          const [first, session] = await statusOf(client("client"));
          assert.equal(first, ofClient);
          // What a session has proved counts as well.
          const again = await ask(t, server, { ...range, session: session! });
          assert.equal(again.isResumed, true);
          assert.equal(again.answer === "secure", ofClient === "secure");
          assert.equal((await statusOf(NONE))[0], ofNobody);
          const line = `is of CN=client, with the certificate ${fingerprint.replaceAll(":", "").toLowerCase()}`;
          await until(() => traces.filter((text) => text.includes(line)).length === 2);
          assert.equal(traces.filter((text) => text.includes(" is of ")).length, 2);
        }
      });
    }

    test("clients are not asked where there are no authorities", async (t) => {
      const server = await secureServer(t, "required", { transport, tls: LOCALHOST });
      assert.equal((await ask(t, server, client("client-of-other"))).answer, "secure");
    });

    test("the rule counts for every certificate of the server", async (t) => {
      const rule = { clientCa: CLIENT_CA };
      const server = await secureServer(t, "required", {
        transport,
        tls: [LOCALHOST, EXAMPLE].map((one) => ({ ...one, ...rule })),
      });
      const named = { servername: "www.example.com", checkServerIdentity: () => undefined };
      assert.equal((await ask(t, server, { ...named, ...client("client") })).answer, "secure");
      assert.match((await ask(t, server, named)).answer, /ALERT_CERTIFICATE_REQUIRED$/);
    });

    test("other authorities are used without a restart, and end the sessions of clients that came by the old", async (t) => {
      const folder = makeSite(t, SITE);
      const clientCa = join(folder, "ca.pem");
      await copyFile(CLIENT_CA, clientCa);
      const events: ServerEvent[] = [];
      const server = await secureServer(t, "required", {
        transport,
        threads: 1,
        tls: { ...LOCALHOST, clientCa },
        onEvent: (event) => events.push(event),
      });
      const { answer, session } = await ask(t, server, client("client"));
      assert.equal(answer, "secure");
      await copyFile(LOCALHOST.key, `${clientCa}.new`);
      await rename(`${clientCa}.new`, clientCa);
      await until(() => events.length > 0);
      assert.ok(events[0]?.kind === "warning");
      assert.match(events[0].text, /^the old certificates stay in use: tls\.clientCa: .*\(a private key\), wanted/);
      await copyFile(tlsFixture("other-ca.pem"), `${clientCa}.new`);
      await rename(`${clientCa}.new`, clientCa);
      while ((await ask(t, server, client("client-of-other"))).answer !== "secure");
      const again = await ask(t, server, { ...client("client"), session });
      assertRefused(again.answer, /ALERT_UNKNOWN_CA$/);
    });
  });
}

const wrong: [what: string, tls: NonNullable<ServerOptions["tls"]>, message: RegExp][] = [
  [
    "an authority without its root",
    { ...LOCALHOST, clientCa: tlsFixture("client-sub-ca.pem") },
    /^tls\.clientCa: found ".*client-sub-ca\.pem" \(certificates of authorities that others have issued\), wanted the certificate of the root/,
  ],
  [
    "authorities in DER",
    { ...LOCALHOST, clientCa: tlsFixture("localhost.der") },
    /^tls\.clientCa: .*\(a certificate in DER\), .*openssl x509/,
  ],
];
for (const [what, tls, message] of wrong) {
  test(`listen() refuses ${what}`, async (t) => {
    const server = createServer({ root: makeSite(t, SITE), port: 0, tls });
    await assert.rejects(server.listen(), { message });
  });
}

test("createServer() refuses other rules for clients in another certificate, and a rule without authorities", () => {
  const tls = [{ ...LOCALHOST, clientCa: CLIENT_CA }, EXAMPLE];
  assert.throws(() => createServer({ tls }), {
    message: /^tls\[1\]\.clientCa: found nothing, wanted what tls\[0\] has .*all sites$/,
  });
  assert.throws(() => createServer({ tls: { ...LOCALHOST, clientCertificate: "optional" } }), {
    message: /^tls\.clientCertificate: found "optional", wanted clientCa, too/,
  });
});
