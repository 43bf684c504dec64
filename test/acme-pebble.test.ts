// The command against Pebble, the authority that Let's Encrypt tests clients with. Debian has both programs in its package
// "pebble"; without them nothing is tested here, and support/acme-server.ts has to do.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LOCALHOST } from "./support/certificates.ts";
import { freePorts } from "./support/free-port.ts";
import { makeSite } from "./support/site.ts";
import { openTls } from "./support/tls-client.ts";

const HEDDLE = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const hasPebble = spawnSync("pebble", ["-h"]).error === undefined;

async function freeDatagramPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Resolves when a line of its output fits. */
async function run(
  t: TestContext,
  [command, ...words]: readonly [string, ...string[]],
  ready: RegExp,
  environment: NodeJS.ProcessEnv = {},
): Promise<ChildProcess> {
  const child = spawn(command, words, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill());
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface(stream).on("line", (line) => {
        lines.push(line);
        if (ready.test(line)) resolve();
      });
    }
    child.on("exit", () => reject(new Error(`${command} ended:\n${lines.join("\n")}`)));
  });
  return child;
}

const options = { skip: !hasPebble && "no pebble", timeout: 60_000 };

for (const challenge of ["http-01", "tls-alpn-01"]) {
  test(`Pebble gives a certificate to the command, by ${challenge}`, options, (t) => order(t, challenge));
}

async function order(t: TestContext, challenge: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "heddle-pebble-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [acmePort, managementPort, httpPort, port] = (await freePorts(4)) as [number, number, number, number];
  const nameServer = `127.0.0.1:${await freeDatagramPort()}`;
  const configuration = join(folder, "pebble.json");
  const pebble = {
    listenAddress: `127.0.0.1:${acmePort}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: LOCALHOST.cert,
    privateKey: LOCALHOST.key,
    httpPort,
    tlsPort: port,
  };
  writeFileSync(configuration, JSON.stringify({ pebble }));
  const off = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-management", "", "-defaultIPv6", ""];
  await run(t, ["pebble-challtestsrv", "-dns01", nameServer, "-defaultIPv4", "127.0.0.1", ...off], /Starting/);
  // Refuses a third of all nonces.
  const unkind = { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "33" };
  await run(t, ["pebble", "-strict", "-config", configuration, "-dnsserver", nameServer], /^.*Listening on/, unkind);
  const root = makeSite(t, { "index.html": "secure" });
  const words = ["--host", "127.0.0.1", "--port", String(port), "--tls", "acme"];
  const redirect = challenge === "http-01" ? String(httpPort) : "false";
  const proof = ["--tls-redirect", redirect, "--acme-challenge", challenge];
  const names = ["example.com", "www.example.com", "127.0.0.1"].flatMap((name) => ["--domain", name]);
  await run(
    t,
    [
      process.execPath,
      HEDDLE,
      root,
      "--no-config",
      ...words,
      ...proof,
      ...names,
      "--email",
      "a@example.com",
      "--acme-directory",
      `https://127.0.0.1:${acmePort}/dir`,
    ],
    /example\.com \(and 2 more\) has a certificate until/,
    { NODE_EXTRA_CA_CERTS: LOCALHOST.cert, STATE_DIRECTORY: folder },
  );
  for (;;) {
    const socket = await openTls(t, { port }, { rejectUnauthorized: false, servername: "www.example.com" });
    const { issuer, subjectaltname } = socket.getPeerCertificate();
    socket.destroy();
    if (!/^Pebble/.test(String(issuer.CN))) continue;
    assert.deepEqual(subjectaltname!.split(", ").sort(), [
      "DNS:example.com",
      "DNS:www.example.com",
      "IP Address:127.0.0.1",
    ]);
    return;
  }
}
