// Clients of HTTP/2 that people use, each on an implementation of its own: Go's, Python's h2, and nghttp2 in curl and nghttp.
// Each asks for many files at once, a large one among them, over TLS and by prior knowledge.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { LOCALHOST } from "../support/certificates.ts";
import { startServer, TRANSPORTS } from "../support/server.ts";
import { makeSite } from "../support/site.ts";

const SMALL_COUNT = 60;
const LARGE_BYTES = 20_000_000;
const HERE = join(import.meta.dirname, "http2");
const GO_ENV = { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOFLAGS: "" };

const run = promisify(execFile);

interface Answer {
  readonly status: number;
  readonly protocol: string;
  /** Undefined where the client prints no content. */
  readonly sha256: string | undefined;
}

interface Client {
  readonly name: string;
  /** Fails where the client is not installed. */
  readonly check: readonly [program: string, ...args: string[]];
  /** @param tag sent in If-None-Match with every request; "-" for none */
  ask(urls: readonly string[], tag: string): Promise<Answer[]>;
}

const CLIENTS: readonly Client[] = [
  {
    name: "Go's client",
    check: ["go", "list", "golang.org/x/net/http2"],
    ask: (urls, tag) => askByProgram("go", ["run", join(HERE, "ask.go"), tag, ...urls]),
  },
  {
    name: "Python's httpx",
    check: ["/usr/bin/python3", "-c", "import h2, httpx"],
    ask: (urls, tag) => askByProgram("/usr/bin/python3", [join(HERE, "ask.py"), tag, ...urls]),
  },
  { name: "curl", check: ["curl", "--version"], ask: askByCurl },
  { name: "nghttp", check: ["nghttp", "--version"], ask: askByNghttp },
];

for (const transport of TRANSPORTS) {
  for (const scheme of ["https", "http"] as const) {
    for (const { name, check, ask } of CLIENTS) {
      // httpx speaks HTTP/2 over TLS only.
      if (scheme === "http" && name.startsWith("Python")) continue;
      const title = `${name} gets every file over ${scheme === "https" ? "TLS" : "h2c"} from the ${transport} transport`;
      test(title, { skip: whyNot(check) }, async (t) => {
        const { files, url } = await serve(t, transport, scheme);
        const paths = [...files.keys()];
        const answers = await ask(
          paths.map((path) => `${url}/${path}`),
          "-",
        );
        assert.deepEqual(
          answers.map(({ status, protocol }) => `${status} ${protocol}`),
          paths.map(() => "200 HTTP/2"),
        );
        for (const [index, { sha256 }] of answers.entries())
          if (sha256 !== undefined) assert.equal(sha256, hashOf(files.get(paths[index]!)!), paths[index]!);

        assert.deepEqual(
          (await ask([`${url}/missing`], "-")).map(({ status }) => status),
          [404],
        );
        assert.deepEqual(
          (await ask([`${url}/small-1.txt`, `${url}/small-2.txt`], "*")).map(({ status }) => status),
          [304, 304],
        );
      });
    }
  }
}

async function serve(
  t: TestContext,
  transport: "kernel" | "portable",
  scheme: "http" | "https",
): Promise<{ files: Map<string, Buffer>; url: string }> {
  const files = new Map<string, Buffer>([["large.bin", randomBytes(LARGE_BYTES)]]);
  for (let number = 0; number < SMALL_COUNT; number++)
    files.set(`small-${number}.txt`, Buffer.from(`${number} `.repeat(number * 40)));
  const root = makeSite(t, Object.fromEntries(files));
  const { port } = await startServer(t, {
    root,
    transport,
    threads: 1,
    ...(scheme === "https" ? { tls: LOCALHOST } : { h2c: true }),
  });
  return { files, url: `${scheme}://127.0.0.1:${port}` };
}

/** Programs of ours around a client's library: they print a line of JSON for each address. */
async function askByProgram(program: string, args: readonly string[]): Promise<Answer[]> {
  const { stdout } = await run(program, args, { env: GO_ENV, timeout: 120_000 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>)
    .map(({ URL, Protocol, Status, Sha256, Error: problem }) => {
      assert.equal(problem, "", String(URL));
      return { status: Number(Status), protocol: Protocol!.replace("HTTP/2.0", "HTTP/2"), sha256: Sha256 };
    });
}

/** By prior knowledge, curl 7.88 fails with the second request of a connection, whatever the server. So each has its own. */
async function askByCurl(urls: readonly string[], tag: string): Promise<Answer[]> {
  if (urls[0]!.startsWith("https")) return runCurl(["--http2", "--parallel"], urls, tag);
  const answers: Answer[] = [];
  for (const url of urls) answers.push(...(await runCurl(["--http2-prior-knowledge"], [url], tag)));
  return answers;
}

async function runCurl(options: readonly string[], urls: readonly string[], tag: string): Promise<Answer[]> {
  const args = [
    "--silent",
    "--show-error",
    "--insecure",
    "--write-out",
    "%{urlnum} %{http_code} %{http_version}\\n",
    ...options,
  ];
  if (tag !== "-") args.push("--header", `If-None-Match: ${tag}`);
  for (const url of urls) args.push("--output", "/dev/null", url);
  const { stdout } = await run("curl", args, { timeout: 60_000 });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  lines.sort(([one], [other]) => Number(one) - Number(other));
  return lines.map(([, status, version]) => ({
    status: Number(status),
    protocol: `HTTP/${version}`,
    sha256: undefined,
  }));
}

/** nghttp sends PRIORITY frames, as clients of RFC 7540 do. Its table has a line for each address. */
async function askByNghttp(urls: readonly string[], tag: string): Promise<Answer[]> {
  const args = ["--no-verify-peer", "--null-out", "--stat"];
  if (tag !== "-") args.push("--header", `if-none-match: ${tag}`);
  const { stdout } = await run("nghttp", [...args, ...urls], { timeout: 60_000 });
  const statuses = new Map(
    [...stdout.matchAll(/^\s*\d+\s+\S+\s+\S+\s+\S+\s+(\d{3})\s+\S+\s+(\S+)$/gm)].map(([, status, path]) => [
      path,
      status,
    ]),
  );
  return urls.map((url) => ({
    status: Number(statuses.get(new URL(url).pathname)),
    protocol: "HTTP/2",
    sha256: undefined,
  }));
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function whyNot([program, ...args]: Client["check"]): string | false {
  try {
    execFileSync(program, args, { stdio: "ignore", env: GO_ENV });
    return false;
  } catch {
    return `${program} or its library is not here: test/clients/setup installs it`;
  }
}
