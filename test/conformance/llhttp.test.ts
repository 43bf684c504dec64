// Generated and mutated requests, read by us and by llhttp, the parser of Node: both accept or both refuse, and
// both find the same messages. What remains different is listed here, and in docs/differences-llhttp.md, each
// with the section that justifies ours. A difference that is not listed fails the test, is made small, and is
// kept in test/corpus/ until somebody has decided what it is.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Message, readOurs, readTheirs, type TheirMessage } from "../support/readings.ts";
import { generateInput, Random } from "../support/request-generator.ts";
import { tries } from "../support/thorough.ts";

const INPUT_COUNT: number = tries(100_000, 400_000);
const SEED = 20_260_401;

/** Two readings up to where they part: "accepts" a message, "stops" without complaint, or refuses it. */
interface Parting {
  /** "accepts", "stops", or the code. */
  readonly ours: string;
  /** "accepts", "stops", or llhttp's code and reason. */
  readonly theirs: string;
  /** What llhttp made of the message at which they part. */
  readonly message: TheirMessage | undefined;
  /** The message before that, which both accepted. */
  readonly last: TheirMessage | undefined;
  /** Our message at that place, when we accept it. */
  readonly method: string;
  /** The bytes up to where that message begins. */
  readonly before: string;
  /** The bytes from there. */
  readonly rest: string;
}

interface Difference {
  readonly what: string;
  readonly section: string;
  readonly is: (parting: Parting) => boolean;
}

const ORIGIN_FORM = /^\/[!"$-~]*$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)(?:[/?][!"$-~]*)?$/i;
const HOST = /^(?:\[[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*\]|(?:[!$&'()*+,.0-9;=_a-z~-]|%[0-9a-f]{2})+)(?::(\d*))?$/i;
const CHUNK_LINE =
  /^[0-9a-f]+(?:[\t ]*;[\t ]*[!#$%&'*+\-.^_`|~\w]+(?:[\t ]*=[\t ]*(?:[!#$%&'*+\-.^_`|~\w]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?)*$/i;
const TOKEN_LIST = /^[,\t ]*(?:[!#$%&'*+\-.^_`|~\w]+[\t ]*(?:,[,\t ]*|$))*$/;

// In their order: the first that fits is counted.
const DIFFERENCES: readonly Difference[] = [
  {
    what: "We ignore Upgrade; llhttp stops after a request that has it, for another protocol.",
    section: "RFC 9110 §7.8",
    is: ({ theirs, message, last }) => /^(?:accepts|stops)$/.test(theirs) && (message ?? last)?.isUpgrade === true,
  },
  {
    what: "We drop the bytes after the last request of a connection; llhttp refuses them.",
    section: "RFC 9112 §9.6",
    is: ({ ours, theirs }) => ours === "stops" && theirs === "HPE_CLOSED_CONNECTION: Data after `Connection: close`",
  },
  {
    what: "We let close win over keep-alive in HTTP/1.0; llhttp does not.",
    section: "RFC 9112 §9.3",
    is: ({ ours, last }) =>
      ours === "stops" && last?.version === "1.0" && optionsOf(last, "connection").includes("close"),
  },
  {
    what: "We refuse an HTTP/1.1 request without Host.",
    section: "RFC 9112 §3.2",
    is: ({ ours, message }) =>
      ours === "HOST_MISSING" && message?.version === "1.1" && values(message, "host").length === 0,
  },
  {
    what: "We refuse a second Host.",
    section: "RFC 9112 §3.2",
    is: ({ ours, message }) => ours === "HOST_REPEATED" && values(message, "host").length > 1,
  },
  {
    what: "We refuse a Host that is empty or not uri-host [ ':' port ].",
    section: "RFC 9112 §3.2",
    is: ({ ours, message }) => ours === "HOST_MALFORMED" && !isHost(values(message, "host")[0]),
  },
  {
    what: "We refuse TRACE and CONNECT.",
    section: "RFC 9110 §9.3.6, §9.3.8",
    is: ({ ours, message }) => ours === "METHOD_UNSUPPORTED" && /^(?:TRACE|CONNECT)$/.test(message?.method ?? ""),
  },
  {
    what: "We leave methods that are not registered to the handler.",
    section: "RFC 9110 §9.1",
    is: ({ ours, theirs, method }) =>
      ours === "accepts" &&
      /^HPE_INVALID_METHOD|HTTP\/2 Connection Preface/.test(theirs) &&
      /^[!#$%&'*+\-.^_`|~\w]+$/.test(method),
  },
  {
    what: "We read a later minor version as 1.1.",
    section: "RFC 9110 §2.5",
    is: ({ ours, theirs, rest }) =>
      ours === "accepts" &&
      theirs === "HPE_INVALID_VERSION: Invalid HTTP version" &&
      /^\S+ \S+ HTTP\/1\.[2-9]\r\n/.test(rest),
  },
  {
    what: "We refuse major versions that are not 1.",
    section: "RFC 9110 §15.6.6",
    is: ({ ours, rest }) =>
      (ours === "VERSION_UNSUPPORTED" || ours === "HTTP2_UNEXPECTED") && /^\S+ \S+ HTTP\/[02-9]\.\d\r\n/.test(rest),
  },
  {
    what: "We refuse other protocols, such as Icecast's; llhttp reads them as HTTP.",
    section: "RFC 9112 §2.3",
    is: ({ ours, rest }) => ours === "VERSION_MALFORMED" && /^\S+ \S+ (?!HTTP\/)/.test(rest),
  },
  {
    what: "We refuse a request line without version, the simple request of HTTP/0.9.",
    section: "RFC 9112 §3",
    is: ({ ours, message }) =>
      /^(?:VERSION_MISSING|REQUEST_LINE_MALFORMED|BARE_LF|VERSION_MALFORMED|TARGET_MALFORMED)$/.test(ours) &&
      message?.version === "0.9",
  },
  {
    what: "We refuse more than one space between the parts of the request line.",
    section: "RFC 9112 §3",
    is: ({ ours, rest }) =>
      /^(?:REQUEST_LINE|TARGET)_MALFORMED$/.test(ours) && /^\S+ +\S+ +HTTP\//.test(rest) && !/^\S+ \S+ HTTP/.test(rest),
  },
  {
    what: "We refuse a target that has none of the four forms, or not the one that its method asks for.",
    section: "RFC 9112 §3.2",
    is: ({ ours, message }) => {
      const { target = "", method = "" } = message ?? {};
      const isAbsolute = isHost(ABSOLUTE_FORM.exec(target)?.[1]);
      const isGood = isAbsolute || ORIGIN_FORM.test(target) || (target === "*" && method === "OPTIONS");
      return ours === "TARGET_MALFORMED" && message !== undefined && !isGood;
    },
  },
  {
    what: "We refuse an https target over a connection that is not secured.",
    section: "RFC 9110 §7.4",
    is: ({ ours, message }) => ours === "TARGET_MISDIRECTED" && /^https:\/\//i.test(message?.target ?? ""),
  },
  {
    what: "We refuse CR alone or LF alone before the request line, where only an empty line may be.",
    section: "RFC 9112 §2.2",
    is: ({ ours, rest }) =>
      (ours === "BARE_LF" && rest.startsWith("\n")) ||
      (/^(?:BARE_CR|HEAD_INCOMPLETE)$/.test(ours) && /^\r(?!\n)/.test(rest)),
  },
  {
    what: "We refuse a Connection that is not a list of tokens.",
    section: "RFC 9110 §7.6.1",
    is: ({ ours, message }) =>
      ours === "CONNECTION_MALFORMED" && !TOKEN_LIST.test(values(message, "connection").join(",")),
  },
  {
    what: "We refuse an expectation other than 100-continue.",
    section: "RFC 9110 §10.1.1",
    is: ({ ours, message }) =>
      ours === "EXPECTATION_FAILED" && !/^100-continue$/i.test(values(message, "expect").join(",")),
  },
  {
    what: "We refuse transfer codings in HTTP/1.0.",
    section: "RFC 9112 §6.1",
    is: ({ ours, message }) =>
      ours === "CODING_IN_HTTP_1_0" && message?.version === "1.0" && values(message, "transfer-encoding").length > 0,
  },
  {
    what: "We refuse transfer codings before a final chunked.",
    section: "RFC 9112 §6.1",
    is: ({ ours, message }) =>
      ours === "CODING_UNSUPPORTED" && /[^\t ,].*,[\t ]*chunked$/i.test(values(message, "transfer-encoding").join(",")),
  },
  {
    what: "We read HTAB after a transfer coding as whitespace, so that it is chunked, or chunked twice.",
    section: "RFC 9110 §5.6.3",
    is: ({ ours, theirs, rest }) =>
      (ours === "CODING_MALFORMED" || (ours === "accepts" && theirs.startsWith("HPE_INVALID_TRANSFER_ENCODING"))) &&
      /:[\t ]*chunked *\t[\t ]*\r/i.test(rest),
  },
  {
    what: "We refuse an empty member in the list of transfer codings.",
    section: "RFC 9112 §6.3",
    is: ({ ours, message }) =>
      ours === "CODING_MALFORMED" && /^[\t ]*,|,[\t ]*,/.test(values(message, "transfer-encoding").join(",")),
  },
  {
    what: "We refuse chunk extensions that break their grammar: empty, without a name, text around a quoted value.",
    section: "RFC 9112 §7.1.1",
    is: ({ ours, rest }) => ours === "CHUNK_MALFORMED" && rest.split("\r\n").some(hasBadExtension),
  },
  {
    what: "We allow whitespace around the semicolon and the equals sign of a chunk extension.",
    section: "RFC 9112 §7.1.1",
    is: ({ ours, theirs, rest }) =>
      ours === "accepts" &&
      /chunk extensions|in chunk size$/.test(theirs) &&
      /\n[0-9a-f]+[^\r]*(?:[\t ][;=]|[;=][\t ])/i.test(rest),
  },
  {
    what: "We do not act on framing fields in trailers; llhttp refuses them.",
    section: "RFC 9110 §6.5.1",
    is: ({ ours, theirs, rest }) =>
      ours === "accepts" &&
      /^HPE_(?:INVALID_TRANSFER_ENCODING|INVALID_CONTENT_LENGTH)/.test(theirs) &&
      hasTrailer(rest, "transfer-encoding|content-length"),
  },
  {
    what: "We do not read Proxy-Connection as Connection.",
    section: "RFC 9112 §C.2.2",
    is: ({ ours, theirs, last }) =>
      ours === "accepts" &&
      /^HPE_CLOSED_CONNECTION/.test(theirs) &&
      optionsOf(last, "proxy-connection").includes("close"),
  },
  {
    what: "We do not act on Connection in trailers; llhttp closes.",
    section: "RFC 9110 §6.5.1",
    is: ({ ours, theirs, before }) =>
      ours === "accepts" && /^HPE_CLOSED_CONNECTION/.test(theirs) && hasTrailer(before, "(?:proxy-)?connection"),
  },
];

test(`Connection and llhttp agree about ${INPUT_COUNT} requests of seed ${SEED}, but for the listed differences`, (t) => {
  const random = new Random(SEED);
  const counts = new Map<Difference, number>(DIFFERENCES.map((difference) => [difference, 0]));
  const found = { accepted: 0, refused: 0 };
  for (let index = 0; index < INPUT_COUNT; index++) {
    const input = generateInput(random);
    const parting = compare(input);
    if (typeof parting === "string") {
      found[parting]++;
      continue;
    }
    const difference = DIFFERENCES.find(({ is }) => is(parting));
    if (difference === undefined) failWith(input, index);
    counts.set(difference, counts.get(difference)! + 1);
  }
  t.diagnostic(`both accepted ${found.accepted}, both refused ${found.refused}`);
  for (const [{ what, section }, count] of counts) t.diagnostic(`${count} × ${what} ${section}`);
  for (const [{ what }, count] of counts) assert.ok(count > 0, `never seen: ${what}`);
  assert.ok(found.accepted > INPUT_COUNT / 5, "most inputs were refused");
  assert.ok(found.refused > INPUT_COUNT / 5, "few inputs were refused");
});

test("docs/differences-llhttp.md lists these differences, and no other", () => {
  const page = readFileSync(new URL("../../docs/differences-llhttp.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| (\S.*?) +\| (RFC .*?) +\|$/gm)].map(([, what, section]) => [what, section]);
  assert.deepEqual(
    rows,
    DIFFERENCES.map(({ what, section }) => [what, section]),
  );
});

/** What both made of it, or where they part. */
function compare(input: string): "accepted" | "refused" | Parting {
  const bytes = Buffer.from(input, "latin1");
  const ours = readOurs(bytes);
  const theirs = readTheirs(bytes);
  let index = 0;
  while (isSame(ours.messages[index], theirs.messages[index])) index++;
  const [mine, message] = [ours.messages[index], theirs.messages[index]];
  const label = (reading: typeof ours | typeof theirs) =>
    reading.messages[index]?.isComplete === true ? "accepts" : (reading.error ?? "stops");
  const start = mine?.start ?? ours.lastStart;
  const parting: Parting = {
    ours: label(ours),
    theirs: label(theirs),
    message,
    last: theirs.messages[index - 1],
    method: mine?.method ?? "",
    before: input.slice(0, start),
    rest: input.slice(start),
  };
  if (parting.ours === "stops" && parting.theirs === "stops") return "accepted";
  const areBothRefused = ours.error === parting.ours && theirs.error === parting.theirs;
  return areBothRefused && isBegunSame(mine, message) ? "refused" : parting;
}

function isSame(ours: Message | undefined, theirs: Message | undefined): boolean {
  if (ours === undefined || theirs === undefined || !ours.isComplete || !theirs.isComplete) return false;
  return ours.method === theirs.method && ours.target === theirs.target && ours.content === theirs.content;
}

/** Of a message that is refused in its content, both must have seen the same head and the same content so far. */
function isBegunSame(ours: Message | undefined, theirs: Message | undefined): boolean {
  if (ours === undefined || theirs === undefined) return true;
  const isContentSame = ours.content.startsWith(theirs.content) || theirs.content.startsWith(ours.content);
  return ours.method === theirs.method && ours.target === theirs.target && isContentSame;
}

function values(message: TheirMessage | undefined, name: string): string[] {
  return (message?.fields ?? []).filter(([found]) => found === name).map(([, value]) => value);
}

function optionsOf(message: TheirMessage | undefined, name: string): string[] {
  return values(message, name).flatMap((value) => value.split(",").map((option) => option.trim().toLowerCase()));
}

function isHost(value: string | undefined): boolean {
  const found = HOST.exec(value ?? "");
  return found !== null && Number(found[1] ?? 0) <= 65_535;
}

function hasBadExtension(line: string): boolean {
  return /^[0-9a-f]+;/i.test(line) && !CHUNK_LINE.test(line);
}

/** Whether there is a field of such a name between a last chunk and the empty line. */
function hasTrailer(rest: string, names: string): boolean {
  return new RegExp(`\\n0+[^\\r]*\\r\\n(?:[^\\r]+\\r\\n)*(?:${names}):`, "i").test(rest);
}

/** How both label it, or undefined for what is no difference, or a listed one. */
function unlisted(input: string): string | undefined {
  const parting = compare(input);
  if (typeof parting === "string" || DIFFERENCES.some(({ is }) => is(parting))) return undefined;
  return `we: ${parting.ours}; llhttp: ${parting.theirs}`;
}

/** Keeps the input, as small as it can be made, for whoever decides what this difference is. */
function failWith(input: string, index: number): never {
  const small = minimise(input);
  const why = unlisted(small);
  const file = new URL(`../corpus/difference-${SEED}-${index}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify([{ why, input: small }], null, 2)}\n`);
  assert.fail(`a difference that is not listed (${why}), kept in ${file.pathname}:\n${JSON.stringify(small)}`);
}

/** Without all that the same difference does not need. */
function minimise(input: string): string {
  const why = unlisted(input);
  let small = input;
  for (let length = small.length >> 1; length > 0; length >>= 1) {
    for (let at = 0; at + length <= small.length; ) {
      const shorter = small.slice(0, at) + small.slice(at + length);
      if (unlisted(shorter) === why) small = shorter;
      else at += 1 + (length >> 2);
    }
  }
  return small;
}
