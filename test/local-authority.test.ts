// `tls: "dev"`: an authority of the user, and certificates for this machine that come from it.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openAuthority, renewServer } from "../src/local-authority/authority.ts";
import { localAuthorityFolder, serverFileIn } from "../src/local-authority/places.ts";
import { createServer, type ServerEvent } from "../src/server.ts";
import { alternativeNames, identifierOf } from "../src/tls/identifiers.ts";
import { isCertificate, readPem, writePem } from "../src/tls/pem.ts";
import { keyToPem, newKey, writeCertificate } from "../src/tls/x509.ts";
import { startServer } from "./support/server.ts";
import { makeSite } from "./support/site.ts";
import { askOverTls, openTls } from "./support/tls-client.ts";

const DAY_MS = 86_400_000;
const SITE = { "index.html": "secure" };

function certificateIn(file: string): X509Certificate {
  return new X509Certificate(readPem(readFileSync(file, "latin1")).blocks.find(isCertificate)!.text);
}

/** The folder of a user without an authority. */
function newUser(t: TestContext): string {
  const home = makeSite(t, {});
  const former = process.env["XDG_CONFIG_HOME"];
  process.env["XDG_CONFIG_HOME"] = home;
  t.after(() => {
    if (former === undefined) delete process.env["XDG_CONFIG_HOME"];
    else process.env["XDG_CONFIG_HOME"] = former;
  });
  return localAuthorityFolder();
}

test('a server with tls: "dev" has a certificate for this machine, from an authority that only its user can read', async (t) => {
  const folder = newUser(t);
  const events: ServerEvent[] = [];
  const onEvent = (event: ServerEvent): void => void events.push(event);
  const server = await startServer(t, { root: makeSite(t, SITE), tls: "dev", host: "localhost", onEvent });
  assert.match(server.url, /^https:\/\/localhost:/);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["notice"],
  );
  const authority = certificateIn(join(folder, "authority.pem")).toString();
  for (const servername of ["localhost", hostname().toLowerCase()]) {
    assert.equal(await askOverTls(t, server, { ca: authority, servername }), "200 secure");
  }
  // Without a name: the address is compared.
  const byAddress = await openTls(t, server, { ca: authority, servername: "", host: "127.0.0.1" });
  assert.ok(byAddress.authorized);
  for (const name of ["authority.pem", "server.pem"]) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('a second server with tls: "dev" uses the same authority and the same certificate', async (t) => {
  const folder = newUser(t);
  const events: ServerEvent[] = [];
  const onEvent = (event: ServerEvent): void => void events.push(event);
  const servers = Array.from({ length: 3 }, () =>
    createServer({ port: 0, tls: "dev", threads: 1, root: makeSite(t, SITE), onEvent }),
  );
  t.after(() => Promise.all(servers.map((server) => server.close())));
  await Promise.all(servers.map((server) => server.listen()));
  assert.equal(events.length, 1, "only one has made the authority");
  const authority = certificateIn(join(folder, "authority.pem")).toString();
  for (const server of servers) assert.equal(await askOverTls(t, server, { ca: authority }), "200 secure");
});

test("an authority issues for this machine only: another name from it is not accepted", async (t) => {
  const folder = newUser(t);
  const { certificate, key } = await openAuthority(folder, Date.now());
  assert.ok(certificate.ca);
  assert.match(certificate.subject, /^CN=Heddle development of /);
  const stolen = newKey();
  const forged = writeCertificate(
    {
      subject: "example.com",
      issuer: certificate.subject.slice("CN=".length),
      notBefore: Date.now() - DAY_MS,
      notAfter: Date.now() + DAY_MS,
      key: stolen,
      extensions: [alternativeNames([identifierOf("example.com")])],
    },
    key,
  );
  const root = makeSite(t, { ...SITE, "one.pem": keyToPem(stolen) + writePem("CERTIFICATE", forged) });
  const file = join(root, "one.pem");
  const server = await startServer(t, { root, tls: { cert: file, key: file } });
  const ca = certificate.toString();
  await assert.rejects(openTls(t, server, { ca, servername: "example.com" }), {
    message: /permitted subtree violation/,
  });
});

test("certificates are renewed a week before they expire, and when they are of no use", async (t) => {
  const folder = newUser(t);
  const nowMs = Date.now();
  const authority = await openAuthority(folder, nowMs);
  assert.ok(authority.isNew);
  assert.equal((await openAuthority(folder, nowMs)).isNew, false);
  const file = serverFileIn(folder);
  const serialAt = async (atMs: number): Promise<string> => {
    await renewServer(folder, authority, atMs);
    return certificateIn(file).serialNumber;
  };
  const first = await serialAt(nowMs);
  assert.equal(await serialAt(nowMs + 6 * DAY_MS), first);
  const second = await serialAt(nowMs + 8 * DAY_MS);
  assert.notEqual(second, first);
  writeFileSync(file, "half of");
  assert.notEqual(await serialAt(nowMs + 8 * DAY_MS), second);
  const later = await openAuthority(folder, nowMs + 4.95 * 365 * DAY_MS);
  assert.ok(later.isNew, "an authority with less than a month is replaced");
  assert.notEqual(later.certificate.serialNumber, authority.certificate.serialNumber);
});
