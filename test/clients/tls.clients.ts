// HTTPS by clients with other TLS libraries than ours: curl and openssl with the OpenSSL of the system, wget and gnutls-cli with
// GnuTLS. They split records, update keys, resume sessions and end by halves in ways of their own.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { promisify } from "node:util";
import type { Server } from "../../src/server.ts";
import { LOCALHOST } from "../support/certificates.ts";
import { startServer, TRANSPORTS } from "../support/server.ts";
import { makeSite } from "../support/site.ts";

const LARGE: Buffer = randomBytes(300_000);
/** More than the shortest records that a client may ask for. */
const LONG_FIELD = `X-Long: ${"x".repeat(3000)}`;
const VERSIONS = ["1.2", "1.3"] as const;
const SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] as const;

const run = promisify(execFile);

function secureServer(t: TestContext, transport: "kernel" | "portable"): Promise<Server> {
  const root = makeSite(t, { "index.html": "secure", "large.bin": LARGE });
  return startServer(t, { root, tls: LOCALHOST, transport, threads: 2 });
}

function whyNot(program: string): string | false {
  try {
    execFileSync(program, [program === "openssl" ? "version" : "--version"], { stdio: "ignore" });
    return false;
  } catch {
    return `there is no ${program} here: test/clients/setup installs it`;
  }
}

/** What a program prints, as bytes in a string. */
async function printed(program: string, words: readonly string[]): Promise<string> {
  const { stdout } = await run(program, words, { encoding: "latin1", timeout: 20_000, maxBuffer: 2 ** 24 });
  return stdout;
}

/** A program that is told something whenever what it has printed has the next pattern. */
class Dialogue {
  readonly #child;
  output = "";
  #wake: () => void = () => {};

  constructor(t: TestContext, program: string, words: readonly string[]) {
    this.#child = spawn(program, words, { stdio: "pipe" });
    t.after(() => this.#child.kill("SIGKILL"));
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding("latin1").on("data", (text: string) => {
        this.output += text;
        this.#wake();
      });
    this.#child.stdin.on("error", () => {});
    this.#child.on("close", () => this.#wake());
  }

  say(text: string): void {
    this.#child.stdin.write(text);
  }

  end(): void {
    this.#child.stdin.end();
  }

  async has(pattern: RegExp, count = 1): Promise<void> {
    const all = new RegExp(pattern, "g");
    while ((this.output.match(all)?.length ?? 0) < count) {
      if (this.#child.exitCode !== null) assert.fail(`${pattern} is not in: ${this.output.slice(0, 4000)}`);
      await this.#more();
    }
  }

  async ended(): Promise<string> {
    while (this.#child.exitCode === null && this.#child.signalCode === null) await this.#more();
    return this.output;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function request(path = "/", extra = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${extra}\r\n`;
}

function openssl(t: TestContext, { port }: Server, ...words: string[]): Dialogue {
  const address = ["-connect", `127.0.0.1:${port}`, "-servername", "localhost", "-CAfile", LOCALHOST.cert];
  return new Dialogue(t, "openssl", ["s_client", ...address, ...words]);
}

function gnutls(t: TestContext, { port }: Server, ...words: string[]): Dialogue {
  return new Dialogue(t, "gnutls-cli", ["--x509cafile", LOCALHOST.cert, "-p", String(port), "localhost", ...words]);
}

for (const transport of TRANSPORTS) {
  describe(`clients over HTTPS on the ${transport} transport`, { timeout: 120_000 }, () => {
    for (const version of VERSIONS) {
      test(`curl with TLS ${version}`, { skip: whyNot("curl") }, async (t) => {
        const { port } = await secureServer(t, transport);
        const range = [`--tlsv${version}`, "--tls-max", version, "--cacert", LOCALHOST.cert, "-sS"];
        const url = `https://localhost:${port}/`;
        assert.equal(await printed("curl", [...range, url]), "secure");
        const two = await printed("curl", [...range, "-v", `${url}large.bin`, url, "--stderr", "-"]);
        assert.ok(two.includes(LARGE.toString("latin1")));
        assert.match(two, /Re-using existing connection/);
      });

      test(`wget with TLS ${version}`, { skip: whyNot("wget") }, async (t) => {
        const { port } = await secureServer(t, transport);
        const words = [`--secure-protocol=TLSv${version.replace(".", "_")}`, `--ca-certificate=${LOCALHOST.cert}`];
        const got = await printed("wget", [...words, "-q", "-O", "-", `https://localhost:${port}/large.bin`]);
        assert.equal(got, LARGE.toString("latin1"));
      });

      test(`openssl resumes a session with TLS ${version}, and does without tickets`, {
        skip: whyNot("openssl"),
      }, async (t) => {
        const server = await secureServer(t, transport);
        const words = [`-tls${version.replace(".", "_")}`];
        const file = join(makeSite(t), "session.pem");
        const ask = async (...more: string[]): Promise<string> => {
          const client = openssl(t, server, ...words, ...more);
          client.say(request());
          await client.has(/\r\n\r\nsecure/);
          client.end();
          return client.ended();
        };
        assert.match(await ask("-sess_out", file), /^New, /m);
        assert.match(await ask("-sess_in", file), /^Reused, /m);
        assert.match(await ask("-no_ticket"), /^New, /m);
      });

      for (const length of [512, 4096]) {
        test(`openssl wants records of at most ${length} bytes with TLS ${version}`, {
          skip: whyNot("openssl"),
        }, async (t) => {
          const server = await secureServer(t, transport);
          const range = [`-tls${version.replace(".", "_")}`, "-maxfraglen", String(length), "-quiet"];
          const client = openssl(t, server, ...range);
          client.say(request("/large.bin", `${LONG_FIELD}\r\nConnection: close\r\n`));
          assert.ok((await client.ended()).includes(LARGE.toString("latin1")));
        });
      }

      test(`openssl splits a request into many records with TLS ${version}`, { skip: whyNot("openssl") }, async (t) => {
        const server = await secureServer(t, transport);
        const client = openssl(t, server, `-tls${version.replace(".", "_")}`, "-max_send_frag", "512", "-quiet");
        client.say(request("/", `${LONG_FIELD}\r\nConnection: close\r\n`));
        assert.match(await client.ended(), /\r\n\r\nsecure$/);
      });

      test(`gnutls-cli with TLS ${version}: a request, its end by halves, and a session`, {
        skip: whyNot("gnutls-cli"),
      }, async (t) => {
        const server = await secureServer(t, transport);
        const priority = `--priority=NORMAL:-VERS-ALL:+VERS-TLS${version}`;
        // It ends its half when its input ends, and reads on.
        const client = gnutls(t, server, priority, "--no-ocsp");
        await client.has(/Simple Client Mode/);
        client.say(request("/large.bin"));
        client.end();
        assert.ok((await client.ended()).includes(LARGE.toString("latin1")));
        const again = gnutls(t, server, priority, "--no-ocsp", "--resume", "--waitresumption");
        await again.has(/This is a resumed session/);
        again.say(request("/", "Connection: close\r\n"));
        assert.match(await again.ended(), /\r\n\r\nsecure/);
      });
    }

    for (const suite of SUITES) {
      test(`openssl updates keys with ${suite}`, { skip: whyNot("openssl") }, async (t) => {
        const server = await secureServer(t, transport);
        const client = openssl(t, server, "-tls1_3", "-ciphersuites", suite);
        await client.has(/Verify return code: 0/);
        // k: its own key; K: ours, too.
        for (const [index, command] of ["k", "K", "K"].entries()) {
          client.say(`${command}\n`);
          await client.has(/KEYUPDATE/, index + 1);
          client.say(request());
          await client.has(/\r\n\r\nsecure/, index + 1);
        }
        client.end();
        assert.doesNotMatch(await client.ended(), /:error:/);
      });
    }

    test("gnutls-cli updates keys", { skip: whyNot("gnutls-cli") }, async (t) => {
      const client = gnutls(t, await secureServer(t, transport), "--no-ocsp", "--rehandshake");
      await client.has(/ReHandshake was completed/);
      client.say(request("/", "Connection: close\r\n"));
      assert.match(await client.ended(), /\r\n\r\nsecure/);
    });

    test("openssl may not renegotiate", { skip: whyNot("openssl") }, async (t) => {
      const client = openssl(t, await secureServer(t, transport), "-tls1_2");
      await client.has(/Verify return code: 0/);
      client.say("R\n");
      assert.match(await client.ended(), /no renegotiation/);
    });
  });
}
