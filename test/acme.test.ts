// Certificates from an authority, from the first order to renewals that no visitor notices.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { createServer, type Server, type ServerControls, type ServerEvent, type ServerOptions } from "../src/server.ts";
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

      // A second server with the same folder is told to renew at once; the first notices the new file.
      const past = Date.now() - DAY_MS;
      acme.wishes.window = () => ({ start: past - DAY_MS, end: past });
      const others = new Events();
      await start(t, { transport, tls, tlsRedirect: false, onEvent: others.onEvent });
      await others.until(ORDERED);
      const renewed = await trustedSoon(t, first, acme, serial);
      assert.notEqual(renewed.getPeerCertificate().serialNumber, serial);
      assert.ok(acme.orders[1]!.replaces);
      assert.equal(acme.accounts.length, 1);
      const client = new RawClient(kept);
      assert.equal(String((await client.request("GET", "/")).body), "secure");
      if (process.platform !== "win32") assertTight(keyFolder);
    });
  });
}

function assertTight(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const { mode } = statSync(join(entry.parentPath, entry.name));
    assert.equal((mode & 0o777).toString(8), entry.isDirectory() ? "700" : "600", entry.name);
  }
}
