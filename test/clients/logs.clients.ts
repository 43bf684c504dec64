// Programs that read access logs, each over a log of good requests, hostile ones, and names with blanks. What counts: each line
// is one that they understand, with the right fields, and none is thrown away.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { PASSWORD_HASH } from "../support/answers.ts";
import { openClient, startServer } from "../support/server.ts";
import { makeSite } from "../support/site.ts";

const AWSTATS = "/usr/lib/cgi-bin/awstats.pl";

/** What a client can put into a line: ends of lines and fields, escapes, bytes of no character, and orders to a terminal. */
const HOSTILE = [
  '"',
  '\\"',
  "\\",
  '" 200 1 "-" "-',
  '\\x22" 999 -',
  "\x80\xff\xc3\x28",
  "\x1b[2J".replace("\x1b", "\x9b"),
  "%00%0a",
  "a\tb",
  "{status}",
  "<script>",
];
/** With a name that has a blank, and the referrer in front of the user agent. */
const CREDENTIALS = `Authorization: Basic ${btoa("ada l:horse")}\r\n`;

const run = promisify(execFile);

interface Logged {
  readonly path: string;
  readonly folder: string;
  /** Lines of requests that were understood. */
  readonly count: number;
}

async function logged(t: TestContext, log: "combined" | "json"): Promise<Logged> {
  const folder = makeSite(t);
  const path = join(folder, "access.log");
  const auth = { users: { "ada l": PASSWORD_HASH }, for: ["/secret/*"] };
  const root = makeSite(t, { "index.html": "<p>It works.", "secret/a.html": "<p>Secret." });
  const server = await startServer(t, { root, threads: 1, log, logFile: path, auth });
  const client = await openClient(t, server);
  let count = 0;
  const ask = async (method: string, target: string, fields = ""): Promise<void> => {
    await client.request(method, target, fields);
    count++;
  };
  for (const text of HOSTILE)
    await ask(
      "GET",
      `/?${encodeURIComponent("x")}=${text.replace(/[\s\x80-\xff#]/g, "")}`,
      `Referer: ${text}\r\nUser-Agent: ${text}\r\n`,
    );
  await ask("GET", "/secret/a.html", CREDENTIALS);
  await ask("HEAD", "/");
  await ask("GET", "/none.html");
  await ask("POST", "/", "Content-Length: 0\r\n");
  await ask("OPTIONS", "*");
  for (const bad of ["GET\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "\x16\x03\x01\x02\x00", '"\r\n\r\n']) {
    const other = await openClient(t, server);
    other.write(bad);
    await other.response().catch(() => {});
    other.close();
  }
  await server.close();
  return { path, folder, count };
}

function whyNot(program: string): string | false {
  return ["/usr/bin", "/usr/lib/cgi-bin", "/usr/local/bin"].some((folder) => existsSync(join(folder, program)))
    ? false
    : `there is no ${program} here: test/clients/setup installs it`;
}

/** In the names of goaccess. */
const GOACCESS_JSON =
  '{"time":"%dT%t.%^","client":"%h","user":"%e","method":"%m","host":"%v","target":"%U","protocol":"%H",' +
  '"status":"%s","bytes":"%b","duration_ms":"%L","referrer":"%R","user_agent":"%u"}';

for (const [form, format] of [
  ["combined", ["--log-format=COMBINED"]],
  ["json", [`--log-format=${GOACCESS_JSON}`, "--date-format=%Y-%m-%d", "--time-format=%H:%M:%S"]],
] as const)
  test(`goaccess reads ${form}`, { skip: whyNot("goaccess") }, async (t) => {
    const { path, folder, count } = await logged(t, form);
    const isRead = form === "json" ? isForGoaccess : () => true;
    const lines = readFileSync(path, "latin1").split("\n").filter(isRead);
    writeFileSync(path, lines.join("\n"), "latin1");
    const wanted = form === "json" ? lines.length : count;
    const report = join(folder, "report.json");
    await run("goaccess", [path, ...format, "--no-global-config", "--all-static-files", "-o", report]);
    const { general } = JSON.parse(readFileSync(report, "latin1"));
    assert.deepEqual([general.valid_requests, general.failed_requests], [wanted, 0]);
    // One has a text of only a backslash.
    assert.ok(wanted >= count - 1);
  });

/**
 * goaccess wants a target, which a request that was refused has not. And it takes the escapes of JSON away before it looks for
 * the end of a text, so that a backslash at the end of one hides it.
 */
function isForGoaccess(line: string): boolean {
  return line.includes('"target"') && !line.includes('\\u005c"');
}

test("lnav reads combined", { skip: whyNot("lnav") }, async (t) => {
  const { path, folder, count } = await logged(t, "combined");
  const query = ";SELECT c_ip, cs_username, cs_method, cs_uri_stem, sc_status, sc_bytes FROM access_log";
  const { stdout } = await run("lnav", ["-n", "-c", query, "-c", ":write-json-to -", path], {
    env: { ...process.env, HOME: folder, TERM: "dumb" },
  });
  const rows = JSON.parse(stdout) as Record<string, string | number>[];
  assert.equal(rows.length, count);
  assert.deepEqual(
    rows.filter((row) => row["cs_username"] !== null && row["cs_username"] !== "-").map((row) => Object.values(row)),
    [["127.0.0.1", "ada\\x20l", "GET", "/secret/a.html", 200, 10]],
  );
});

test("awstats reads combined", { skip: whyNot("awstats.pl") }, async (t) => {
  const { path, folder, count } = await logged(t, "combined");
  const data = join(folder, "data");
  mkdirSync(data);
  const config = [`LogFile="${path}"`, "LogFormat=1", 'SiteDomain="a"', `DirData="${data}"`, "DNSLookup=0"];
  writeFileSync(join(folder, "awstats.a.conf"), `${config.join("\n")}\n`);
  const stdout = execFileSync(AWSTATS, ["-config=a", `-configdir=${folder}`, "-update"], {
    encoding: "latin1",
    env: { ...process.env, AWSTATS_ENABLE_CONFIG_DIR: "1" },
  });
  assert.match(stdout, /^ *Found 0 corrupted records/m, stdout);
  assert.match(stdout, new RegExp(`Parsed lines in file: ${count}$`, "m"), stdout);
});

test("jq reads json", { skip: whyNot("jq") }, async (t) => {
  const { path, count } = await logged(t, "json");
  const { stdout } = await run("jq", ["-c", "select(.target) | [.status, .user // empty]", path]);
  assert.equal(stdout.trim().split("\n").length, count);
  assert.match(stdout, /^\[200,"ada l"\]$/m);
});
