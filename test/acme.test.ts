// Certificates from an authority, from the first order to renewals that no visitor notices.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { challengeFolder } from "../src/acme/places.ts";
import { publishAnswer } from "../src/acme/storage.ts";
import { createServer, type Server, type ServerControls, type ServerEvent, type ServerOptions } from "../src/server.ts";
import { answerFile, answerTo } from "../src/tls/challenge.ts";
import { AcmeServer } from "./support/acme-server.ts";
import { freePort } from "./support/free-port.ts";
import { RawClient } from "./support/raw-client.ts";
import { TRANSPORTS } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { openTls } from "./support/tls-client.ts";

const DAY_MS = 86_400_000;
const SITE = { "index.html": "secure" };

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "heddle-acme-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Events of a server, to wait for. */
class Events {
  readonly texts: string[] = [];
  #wake: () => void = () => {};

  readonly onEvent = (event: ServerEvent): void => {
    if (event.kind !== "notice" && event.kind !== "warning") return;
    this.texts.push(`${event.kind}: ${event.text}`);
    this.#wake();
  };

  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.texts.find((text) => pattern.test(text));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const ORDERED = /^notice: .* has a certificate until /;

async function start(t: TestContext, options: ServerOptions & ServerControls): Promise<Server> {
  const server = createServer({ host: "127.0.0.1", port: 0, root: makeSite(t, SITE), threads: 2, ...options });
  t.after(() => server.close({ graceMs: 0 }));
  await server.listen();
  return server;
}

/** A connection whose certificate the test's authority has signed. */
function trusted(t: TestContext, server: Server, acme: AcmeServer, servername = "example.com"): Promise<TLSSocket> {
  return openTls(t, server, { ca: [acme.authority], servername });
}

/** Handshakes until the certificate is the one that is wanted: threads take it moments after the event. */
async function trustedSoon(t: TestContext, server: Server, acme: AcmeServer, not?: string): Promise<TLSSocket> {
  for (;;) {
    const socket = await trusted(t, server, acme).catch(() => undefined);
    if (socket !== undefined && socket.getPeerCertificate().serialNumber !== not) return socket;
    socket?.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const transport of TRANSPORTS) {
  describe(`ACME on the ${transport} transport`, { timeout: 60_000 }, () => {
    test("the first start orders a certificate, and a renewal closes no connection", async (t) => {
      const acme = await AcmeServer.start(t);
      const tlsRedirect = await freePort();
      acme.wishes.challengePort = tlsRedirect;
      acme.wishes.termsOfService = "https://authority.test/terms";
      const keyFolder = newFolder(t);
      const tls = { acme: { domains: ["example.com", "www.example.com"], directory: acme.directory, keyFolder } };

      const events = new Events();
      const first = await start(t, { transport, tls, tlsRedirect, onEvent: events.onEvent });
      await assert.rejects(trusted(t, first, acme), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
      await events.until(ORDERED);
      assert.match(events.texts[0]!, /agreed to the terms of the authority: https:\/\/authority.test\/terms/);
      const kept = await trustedSoon(t, first, acme);
      const serial = kept.getPeerCertificate().serialNumber;

      // A second server with the same folder is told to renew at once; the first notices the new file. The second has no
      // port for plain HTTP, so the first is asked in a handshake: it answers the questions of both.
      acme.wishes.tlsPort = first.port;
      const past = Date.now() - DAY_MS;
      acme.wishes.window = () => ({ start: past - DAY_MS, end: past });
      const others = new Events();
      await start(t, { transport, tls, tlsRedirect: false, onEvent: others.onEvent });
      await others.until(ORDERED);
      const renewed = await trustedSoon(t, first, acme, serial);
      assert.notEqual(renewed.getPeerCertificate().serialNumber, serial);
      assert.ok(acme.orders[1]!.replaces);
      const proofs = acme.orders.flatMap(({ authorizations }) => authorizations.map(({ type }) => type));
      assert.deepEqual(proofs, ["http-01", "http-01", "tls-alpn-01", "tls-alpn-01"]);
      assert.equal(acme.accounts.length, 1);
      const client = new RawClient(kept);
      assert.equal(String((await client.request("GET", "/")).body), "secure");
      if (process.platform !== "win32") assertTight(keyFolder);
    });
  });
}

/** Handshakes of a client that only wants an answer. */
function question(t: TestContext, server: Server, servername: string, options: ConnectionOptions): Promise<TLSSocket> {
  return openTls(t, server, { servername, rejectUnauthorized: false, ALPNProtocols: ["acme-tls/1"], ...options });
}

for (const transport of TRANSPORTS) {
  for (const threads of [3, "per-connection"] as const) {
    test(`names and addresses are proved in handshakes with threads ${threads} (${transport})`, async (t) => {
      const acme = await AcmeServer.start(t);
      const port = await freePort();
      acme.wishes.tlsPort = port;
      const domains = ["example.com", "www.example.com", "127.0.0.1", "2001:db8::1:0:0:2"];
      const wishes = { challenge: "tls-alpn-01", directory: acme.directory, keyFolder: newFolder(t) } as const;
      const events = new Events();
      const tls = { acme: { domains, ...wishes } };
      const server = await start(t, { transport, threads, tls, tlsRedirect: false, port, onEvent: events.onEvent });
      await events.until(ORDERED);
      const proofs = acme.orders[0]!.authorizations.map(({ type }) => type);
      assert.deepEqual(
        proofs,
        domains.map(() => "tls-alpn-01"),
      );
      // Answers are taken back, and nothing that is left looks like a site.
      await assert.rejects(question(t, server, "example.com", {}), { code: /NO_APPLICATION_PROTOCOL/ });
      assert.deepEqual(readdirSync(challengeFolder(wishes.keyFolder)), []);
      await trustedSoon(t, server, acme);
    });
  }

  test(`a question is answered with TLS 1.2 and 1.3, and never for another name or protocol (${transport})`, async (t) => {
    const acme = await AcmeServer.start(t);
    acme.wishes.challengeTypes = [];
    const keyFolder = newFolder(t);
    const tls = { acme: { domains: ["example.com"], directory: acme.directory, keyFolder } };
    const server = await start(t, { transport, threads: 1, tls, tlsRedirect: false });
    const identifier = { type: "dns", value: "example.com" } as const;
    const folder = challengeFolder(keyFolder);
    await publishAnswer(folder, answerFile("example.com"), answerTo(identifier, "token.print", Date.now()));
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const range = { minVersion: version, maxVersion: version };
      const socket = await question(t, server, "Example.com", range);
      assert.equal(socket.getPeerCertificate().subject.CN, "Answer to an ACME challenge");
      // Whatever comes afterwards gets no reply.
      socket.write("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
      let text = "";
      socket.on("data", (bytes) => {
        text += bytes;
      });
      if (!socket.closed) await once(socket, "close");
      assert.equal(text, "");
      const refused = { code: /NO_APPLICATION_PROTOCOL/ };
      await assert.rejects(question(t, server, "www.example.com", range), refused);
      await assert.rejects(question(t, server, "", range), refused);
      for (const ALPNProtocols of [["acme-tls/1", "http/1.1"], ["http/1.1"], []]) {
        const visitor = await question(t, server, "example.com", { ...range, ALPNProtocols });
        assert.notEqual(visitor.getPeerCertificate().subject.CN, "Answer to an ACME challenge");
        visitor.destroy();
      }
    }
  });
}

function assertTight(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const { mode } = statSync(join(entry.parentPath, entry.name));
    assert.equal((mode & 0o777).toString(8), entry.isDirectory() ? "700" : "600", entry.name);
  }
}
