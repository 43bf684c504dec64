// Words that cannot be used, and what is said about them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FLAG_GROUPS } from "./flags.ts";
import { hintForFolder, hintForValue, tooManyWords, unknownFlag } from "./misuse.ts";
import { OTHER_FLAGS, OTHER_VARIABLES } from "./other-flags.ts";

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
  ["-l 3000", /^there is no -l: write --port 3000 \(/],
  ["-l tcp://0.0.0.0:80", /write --port <n> and --host <name>/],
  ["-l unix:/run/x", /write --socket/],
  ["-s dist", /heddle dist --spa/],
  ["--single", /write --spa/],
  ["-s", /--spa .*--quiet/],
  ["-C", /write --cors/],
  ["-c serve.json", /serve\.json in the folder is read/],
  ["-u", /write --no-compress/],
  ["-n", /clipboard/],
  ["-L", /--trace/],
  // http-server
  ["-a 0.0.0.0", /write --host 0\.0\.0\.0/],
  ["-c-1", /there is no -c: .* asked about again/],
  ["-c 60", /max-age=60/],
  ["-e html", /write --clean-urls/],
  ["-g", /nothing to switch on/],
  ["-o", /no browser/],
  ["-S", /TLS/],
  ["-C cert.pem", /TLS/],
  ["-P http://a.example", /no proxy/],
  ["--username", /heddle hash-password/],
  ["-d", /--listing/],
  // sirv
  ["-e", /entity tags/],
  ["--dev", /--revalidate 0/],
  ["-m 31536000", /max-age=31536000/],
  ["-H 0.0.0.0", /write --host 0\.0\.0\.0/],
  ["-qei", /there is no -q: write --quiet/],
  // static-web-server
  ["-d dist", /heddle dist /],
  ["-w sws.toml", /--config <file>/],
  ["-q 5", /--grace 5/],
  ["--page-fallback=index.html", /there is no --page-fallback: .* --spa \/index\.html/],
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
  ["--no-cors", /^there is no --no-cors: leave it out, or set HEDDLE_CORS=false where/],
  ["--no-listing", /HEDDLE_LISTING=false/],
  ["--compress", /^there is no --compress: leave it out, or set HEDDLE_COMPRESS=true/],
  ["--no-quiet", /^there is no --no-quiet: leave it out$/],
  ["--clean-urls=false", /^--clean-urls takes no value: leave it out, or set HEDDLE_CLEAN_URLS=false/],
  ["--clean-urls=true", /^--clean-urls takes no value: write --clean-urls$/],
  ["--cors=https://a.example", /^--cors takes no value .*origins: \["https:\/\/a\.example"\]/],
  ["--cors=*", /^--cors takes no value: write --cors$/],
  ["--prot", /^there is no --prot: did you mean --port\?$/],
  ["--no-port", /^there is no --no-port$/],
  ["--nonsense", /^there is no --nonsense$/],
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
  const { OPTION_NAMES } = await import("../options.ts");
  const { variableOf } = await import("./flags.ts");
  const names = new Set(["HEDDLE_CONFIG", ...OPTION_NAMES.map(variableOf)]);
  assert.deepEqual(
    Object.values(OTHER_VARIABLES).filter((name) => !names.has(name)),
    [],
  );
});

const words: [words: string[], said: string][] = [
  [["serve", "dist"], "there is no command serve: without one, heddle dist serves"],
  [["dist", "3000"], "found 2 words that are no flags: write --port 3000 for the port"],
  [["a", "b", "c"], "found the folders a and b and c, wanted one: further ones are mounts (docs/migrating.md)"],
  [["a", "\x1b"], "found the folders a and \\x1b, wanted one: further ones are mounts (docs/migrating.md)"],
];
for (const [argv, said] of words) {
  test(`tooManyWords() answers ${JSON.stringify(argv)}`, () => assert.equal(tooManyWords(argv), said));
}

const values: [flag: string, value: unknown, said: string][] = [
  ["--spa", "dist", ": the folder stands before it: heddle dist --spa"],
  ["--spa", "\x1b", ": the folder stands before it: heddle \\x1b --spa"],
  ["--spa", "false", ": leave it out"],
  ["--spa", "index.html", ": write --spa /index.html"],
  ["--etag", "dist", ": entity tags are sent without it"],
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
  ["serve", " There is no command serve: heddle <folder> serves."],
  ["help", " For help, write --help."],
  ["chek", " There is a command check."],
  ["dist", ""],
] as const) {
  test(`hintForFolder() says ${JSON.stringify(said)} about ${name}`, () => assert.equal(hintForFolder(name), said));
}
