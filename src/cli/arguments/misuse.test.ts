// Words that cannot be used, and what is said about them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FLAG_GROUPS } from "./flags.ts";
import { hintForFolder, hintForValue, tooManyArguments, unknownFlag } from "./misuse.ts";
import { OTHER_FLAGS, OTHER_VARIABLES } from "./other-servers.ts";

const known = [
  { long: "--port", takesValue: true, field: "port" },
  { long: "--cors", takesValue: false, field: "cors" },
  { long: "--clean-urls", takesValue: false, field: "cleanUrls" },
  { long: "--no-compress", takesValue: false, field: "compress" },
  { long: "--listing", takesValue: false, field: "listing" },
  { long: "--quiet", takesValue: false, field: undefined },
] as const;

/** The first word is the unknown one. */
const flags: [argv: string, said: RegExp][] = [
  // serve
  ["-l 3000", /^unknown option -l: write --port 3000 \(/],
  ["-l tcp://0.0.0.0:80", /write --port <n> and --host <name>/],
  ["-l unix:/run/x", /write --socket/],
  ["-s dist", /heddle dist --spa/],
  ["--single", /write --spa/],
  ["-s", /--spa .*--quiet/],
  ["-C", /write --cors/],
  ["-c serve.json", /serve\.json in the folder is always read/],
  ["-u", /write --no-compress/],
  ["-n", /clipboard/],
  ["-L", /--trace/],
  // http-server
  ["-a 0.0.0.0", /write --host 0\.0\.0\.0/],
  [
    "-c-1",
    /^unknown option -c: leave it out\. Browsers check each file again; only fingerprinted files are kept for a year \(/,
  ],
  ["-c 60", /max-age=60/],
  ["-e html", /write --clean-urls/],
  ["-g", /always on/],
  ["-o", /no browser/],
  ["-S", /write --tls-cert <file> and --tls-key <file>/],
  ["-C cert.pem", /write --tls-cert cert\.pem/],
  ["--ssl-key=a.key", /write --tls-key a\.key/],
  ["--https", /write --tls-cert <file> and --tls-key <file>, or --tls dev/],
  ["--mtls", /write --tls-client-ca <file>/],
  ["--letsencrypt", /write --tls acme --domain <name>/],
  ["--ssl-pass", /--tls-passphrase-file/],
  ["-P http://a.example", /not a proxy/],
  ["--username", /heddle hash-password/],
  ["-d", /--listing/],
  // sirv
  ["-e", /ETag/],
  ["--dev", /--revalidate 0/],
  ["-m 31536000", /max-age=31536000/],
  ["-H 0.0.0.0", /write --host 0\.0\.0\.0/],
  ["-qei", /unknown option -q: write --quiet/],
  // static-web-server
  ["-d dist", /heddle dist /],
  ["-w sws.toml", /--config <file>/],
  ["-q 5", /--grace 5/],
  ["--page-fallback=index.html", /unknown option --page-fallback: .* --spa \/index\.html/],
  ["--cors-allow-origins https://a.example", /origins: \["https:\/\/a\.example"\]/],
  ["--health", /any file/],
  ["-z", /write --listing/],
  // Caddy and nginx
  ["--browse", /write --listing/],
  ["--root dist", /heddle dist /],
  ["-s reload", /SIGHUP/],
  ["-s stop", /SIGTERM/],
  ["-t", /heddle check/],
  // ours, turned round or mistyped
  ["--no-cors", /^unknown option --no-cors: leave out --cors, or set HEDDLE_CORS=false to override the file$/],
  ["--no-listing", /HEDDLE_LISTING=false/],
  [
    "--compress",
    /^unknown option --compress: leave out --no-compress, or set HEDDLE_COMPRESS=true to override the file$/,
  ],
  ["--no-quiet", /^unknown option --no-quiet: leave out --quiet$/],
  ["--clean-urls=false", /^--clean-urls takes no value: leave out --clean-urls, or set HEDDLE_CLEAN_URLS=false/],
  ["--clean-urls=true", /^--clean-urls takes no value: write --clean-urls$/],
  ["--cors=https://a.example", /^--cors takes no value .*origins: \["https:\/\/a\.example"\]/],
  ["--clean-urls=0", /^--clean-urls takes no value: leave out --clean-urls, /],
  ["--clean-urls=1", /^--clean-urls takes no value: write --clean-urls$/],
  ["--cors=*", /^--cors takes no value: write --cors$/],
  ["--prot", /^unknown option --prot: did you mean --port\?$/],
  ["--no-port", /^unknown option --no-port$/],
  ["--nonsense", /^unknown option --nonsense$/],
];
for (const [words, said] of flags) {
  test(`unknownFlag() answers ${JSON.stringify(words)}`, () => {
    const argv = words.split(" ");
    assert.match(unknownFlag(argv[0]!, argv, known), said);
  });
}

test("unknownFlag() never writes what a word would do to a terminal", () => {
  assert.doesNotMatch(unknownFlag("--a=\x1b[2J", ["--a=\x1b[2J"], known), /\x1b/);
  assert.doesNotMatch(unknownFlag("-l", ["-l", "\x1b[2J"], known), /\x1b/);
  assert.doesNotMatch(unknownFlag("-a", ["-a", "\x1b[2J"], known), /\x1b/);
});

const ours = Object.values(FLAG_GROUPS).flatMap((group) =>
  group.flatMap(({ term }) => term.match(/--?[a-z-]+/gi) ?? []),
);

test("OTHER_FLAGS has no flag of ours, and no row that another hides", () => {
  const hidden = OTHER_FLAGS.flatMap(({ flags: names }, index) =>
    names.filter((name) =>
      OTHER_FLAGS.slice(0, index).some((row) => row.value === undefined && row.flags.includes(name)),
    ),
  );
  assert.deepEqual(hidden, []);
  const same = OTHER_FLAGS.flatMap(({ flags: names }) => names).filter((name) => ours.includes(name));
  assert.deepEqual(same, []);
});

test("OTHER_FLAGS sends nobody to a flag that there is not", () => {
  const hints = OTHER_FLAGS.flatMap(({ hint }) => hint.match(/--[a-z-]+/g) ?? []);
  assert.deepEqual(
    hints.filter((flag) => !ours.includes(flag)),
    [],
  );
});

test("OTHER_VARIABLES names variables that there are", async () => {
  const { OPTION_NAMES } = await import("../../options/schema/schema.ts");
  const { variableOf } = await import("./flags.ts");
  const names = new Set(["HEDDLE_CONFIG", ...OPTION_NAMES.map(variableOf)]);
  assert.deepEqual(
    Object.values(OTHER_VARIABLES).filter((name) => !names.has(name)),
    [],
  );
});

test("variableOf() keeps the digits of a flag", async () => {
  const { variableOf } = await import("./flags.ts");
  assert.deepEqual([variableOf("http2"), variableOf("h2c")], ["HEDDLE_HTTP2", "HEDDLE_H2C"]);
});

const MOUNTS = "wanted one: write the others as mounts in heddle.config.ts (heddle help migrating)";
const words: [words: string[], said: string][] = [
  [["serve", "dist"], "unknown command serve: write heddle dist to serve"],
  [["chek", "a.json"], "unknown command chek: did you mean check?"],
  [["explian", "/a", "dist"], "unknown command explian: did you mean explain?"],
  [["dist", "3000"], "unexpected argument 3000: did you mean --port 3000?"],
  [["a", "b", "c"], `found the folders a, b and c, ${MOUNTS}`],
  [["a", "\x1b"], `found the folders a and \\x1b, ${MOUNTS}`],
];
for (const [argv, said] of words) {
  test(`tooManyArguments() answers ${JSON.stringify(argv)}`, () =>
    assert.equal(tooManyArguments(argv, argv, known), said));
}

const switches: [argv: string, words: string[], said: string][] = [
  ["dist --cors *", ["dist", "*"], "--cors takes no value: write --cors"],
  ["--cors * dist", ["*", "dist"], "--cors takes no value: write --cors"],
  ["dist --no-compress gzip", ["dist", "gzip"], "--no-compress takes no value: write --no-compress"],
  [
    "dist --listing false",
    ["dist", "false"],
    "--listing takes no value: leave out --listing, or set HEDDLE_LISTING=false to override the file",
  ],
  ["dist --cors 1", ["dist", "1"], "--cors takes no value: write --cors"],
  ["--cors a b", ["a", "b"], `found the folders a and b, ${MOUNTS}`],
  ["--port 80 a b", ["a", "b"], `found the folders a and b, ${MOUNTS}`],
  ["a -- --cors b", ["a", "--cors", "b"], `found the folders a, --cors and b, ${MOUNTS}`],
  ["--cors serve dist", ["serve", "dist"], "unknown command serve: write heddle dist to serve"],
  ["dist --cors 3000", ["dist", "3000"], "unexpected argument 3000: did you mean --port 3000?"],
];
for (const [line, args, said] of switches) {
  test(`tooManyArguments() answers ${JSON.stringify(line)}`, () =>
    assert.equal(tooManyArguments(args, line.split(" "), known), said));
}

const values: [flag: string, value: unknown, said: string][] = [
  ["--spa", "dist", ": write the folder first: heddle dist --spa"],
  ["--spa", "\x1b", ": write the folder first: heddle \\x1b --spa"],
  ["--spa", "false", ": leave out --spa"],
  ["--spa", "index.html", ": write --spa /index.html"],
  ["--etag", "dist", ": ETag is sent without the flag, too"],
  ["--port", "0.0.0.0:80", ": write --host 0.0.0.0 --port 80"],
  ["--port", ":80", ": write --port 80"],
  ["--port", "x", ""],
  ["--grace", "x", ""],
  ["--spa", true, ""],
];
for (const [flag, value, said] of values) {
  test(`hintForValue() says ${JSON.stringify(said)} to ${flag} ${JSON.stringify(value)}`, () =>
    assert.equal(hintForValue(flag, value), said));
}

for (const [name, said] of [
  ["3000", " For a port, write --port 3000."],
  ["serve", " There is no command serve: write heddle <folder> to serve."],
  ["help", " Did you mean help? The command is heddle help."],
  ["chek", " Did you mean check? The command is heddle check."],
  ["dist", ""],
] as const) {
  test(`hintForFolder() says ${JSON.stringify(said)} about ${name}`, () => assert.equal(hintForFolder(name), said));
}
