// Requests about which two parsers may disagree: pipelines from a grammar in which every part may be odd, and mutations of
// their bytes, lines and fields. The same seed gives the same requests. Latin-1 text.

/** Deterministic and fast (mulberry32); not for secrets. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** True once in `count` times. */
  once(count: number): boolean {
    return this.below(count) === 0;
  }
}

/** The input from a peer: one to four requests, many of them mutated. */
export function generateInput(random: Random): string {
  let input = "";
  for (let count = 1 + random.below(4); count > 0; count--) input += request(random);
  for (let count = random.pick([0, 0, 0, 1, 1, 2]); count > 0; count--) input = mutate(random, input);
  return input;
}

const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "OPTIONS", "DELETE", "PATCH"];
const ODD_METHODS = [
  "TRACE",
  "CONNECT",
  "get",
  "FOO",
  "PRI",
  "QUERY",
  "M-SEARCH",
  "G",
  "GETS",
  "SOURCE",
  "!#~",
  "G@T",
  "",
];
const TARGETS = ["/", "/", "/a", "/a/b?c=d", "/%20", "//a", "/a?b?c", "/index.html"];
const ODD_TARGETS = [
  "*",
  "http://a/",
  "http://a",
  "http://a?b",
  "HTTPS://a:443/b",
  "http://[::1]:80/",
  "http://u:p@a/",
  "ftp://a/",
  "http:///b",
  "http://a:99999/",
  "http:/a",
  "a:80",
  "a",
  "/a#b",
  "#",
  "?a",
  '/"<>^`{|}\\',
  "/\xe4",
  "/\x7f",
  "/\t",
  "/ ",
  "",
];
const ODD_VERSIONS = [
  "HTTP/1.2",
  "HTTP/1.9",
  "HTTP/2.0",
  "HTTP/0.9",
  "HTTP/1.",
  "HTTP/11.1",
  "http/1.1",
  "HTTP/1.1 ",
  "ICE/1.0",
  "",
];
const ODD_HOSTS = ["", "a b", "a:b", "[::1]", "[::1", "a@b", "a,b", "a/b", "a:65536", "%41", "%", "\xe4"];
const FIELDS = [
  "Accept: */*",
  "User-Agent: curl/8.0",
  "X-Empty:",
  "X-Text: \t a b\tc \xe9 ",
  "Cookie: a=b; c=d",
  "Upgrade: h2c",
  "Connection: keep-alive",
  "Connection: keep-alive",
  "Trailer: X",
  "TE: trailers",
];
const ODD_FIELDS = [
  "Upgrade: websocket\r\nConnection: Upgrade",
  "Connection: close",
  "Connection: close, keep-alive",
  "Connection: a b",
  "Connection:",
  "Proxy-Connection: close",
  "Expect: 100-continue",
  "Expect: x",
  "Content-Length: 0",
  "Content-Length: 5",
  "Content-Length: 05",
  "Content-Length: +5",
  "Content-Length: 5, 5",
  "Content-Length: 0x5",
  "Content-Length: 5 5",
  "Content-Length:",
  "Content-Length: 9007199254740993",
  "Content-Length: 99999999999999999999999",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: Chunked",
  "Transfer-Encoding: chunked\t",
  "Transfer-Encoding: gzip",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, gzip",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: , chunked",
  "Transfer-Encoding: chunked;a=b",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding:",
  "Transfer-Encoding : chunked",
  "Transfer_Encoding: chunked",
  "Content-Length : 5",
  "Host: b",
  "Host: a",
  " folded: a",
  "\tfolded",
  ": no name",
  "no colon",
  "na me: a",
  "X: a\0b",
  "X: a\x01b",
  "X: a\rb",
  "X: a\nb",
  "X\xe4: a",
];

function request(random: Random): string {
  const version = random.once(12) ? "HTTP/1.0" : random.once(80) ? random.pick(ODD_VERSIONS) : "HTTP/1.1";
  const method = random.once(60) ? random.pick(ODD_METHODS) : random.pick(METHODS);
  const target = random.once(40) ? random.pick(ODD_TARGETS) : random.pick(TARGETS);
  const { fields, content } = framing(random);
  const lines = [...fields];
  if (!random.once(80)) lines.unshift(`Host: ${random.once(50) ? random.pick(ODD_HOSTS) : "a"}`);
  for (let count = random.below(4); count > 0; count--) insert(random, lines, random.pick(FIELDS));
  if (random.once(16)) insert(random, lines, random.pick(ODD_FIELDS));
  const before = random.once(60) ? random.pick(["\r\n", "\r\n\r\n", "\n", "\r", " ", "SOURCE / ICE/1.0\r\n\r\n"]) : "";
  return `${before}${[`${method} ${target} ${version}`.trimEnd(), ...lines].join("\r\n")}\r\n\r\n${content}`;
}

function framing(random: Random): { fields: string[]; content: string } {
  switch (random.below(6)) {
    case 0:
    case 1: {
      const content = text(random);
      return { fields: [`Content-Length: ${content.length}`], content };
    }
    case 2:
    case 3:
      return { fields: ["Transfer-Encoding: chunked"], content: chunks(random) };
    default:
      return { fields: [], content: "" };
  }
}

/** Content. Some of it looks like framing or like another request. */
function text(random: Random): string {
  return random.pick([
    "",
    "a",
    "hello",
    "\r\n",
    "0\r\n\r\n",
    "GET /in HTTP/1.1\r\nHost: a\r\n\r\n",
    "\0\xff\n",
    "x".repeat(40),
  ]);
}

const SIZE_LINES = ["\r\n", "\r\n", "\r\n", "\r\n", ";a\r\n", ";a=b\r\n", ';a="b;c"\r\n', ";a;b=c;d\r\n"];
const ODD_SIZE_LINES = [
  "\n",
  "\r",
  " \r\n",
  "\t\r\n",
  ";\r\n",
  ";=\r\n",
  "; a=b\r\n",
  " ;a\r\n",
  ";a =b\r\n",
  ";a=\r\n",
  ";;a\r\n",
  ";a=b c\r\n",
  ';a="b\r\n',
  ";a\n\r\n",
  ";a=\x01\r\n",
  ";a=\xe4\r\n",
  ",\r\n",
  "x\r\n",
];
const TRAILERS = [
  "X: y",
  "X-Empty:",
  "Content-Length: 5",
  "Transfer-Encoding: chunked",
  "Connection: close",
  "Host: b",
  "Expect: x",
];
const ODD_TRAILERS = ["X : y", " folded", ": y", "no colon", "X: a\0", "X: a\rb", "X: a\nb", "GET / HTTP/1.1"];

function chunks(random: Random): string {
  let result = "";
  for (let count = random.below(4); count > 0; count--) {
    const data = text(random);
    if (data === "") continue;
    const end = random.once(80) ? random.pick(["\n", "\r", "", "\r\n\r\n", "x"]) : "\r\n";
    result += size(random, data.length) + sizeLine(random) + data + end;
  }
  result += size(random, 0) + sizeLine(random);
  while (random.once(4)) result += `${random.once(8) ? random.pick(ODD_TRAILERS) : random.pick(TRAILERS)}\r\n`;
  return `${result}${random.once(80) ? random.pick(["\n", "\r", ""]) : "\r\n"}`;
}

function size(random: Random, value: number): string {
  const digits = value.toString(16);
  if (!random.once(40)) return digits;
  const odd = [
    `0${digits}`,
    digits.toUpperCase(),
    `+${digits}`,
    `0x${digits}`,
    ` ${digits}`,
    `-${digits}`,
    `${digits}_`,
  ];
  return random.pick([...odd, "0000000000000000000000001", "20000000000000", "ffffffffffffffffff", ""]);
}

function sizeLine(random: Random): string {
  return random.once(60) ? random.pick(ODD_SIZE_LINES) : random.pick(SIZE_LINES);
}

const BYTES = [
  "\0",
  "\t",
  "\n",
  "\r",
  " ",
  "\r\n",
  "\r\n\r\n",
  '"',
  ",",
  ":",
  ";",
  "=",
  "0",
  "1",
  "5",
  "a",
  "\x0b",
  "\x7f",
  "\x80",
  "\xa0",
  "\xff",
];

function mutate(random: Random, input: string): string {
  const at = random.below(input.length + 1);
  switch (random.below(9)) {
    case 0:
      return input.slice(0, at) + random.pick(BYTES) + input.slice(at);
    case 1:
      return input.slice(0, at) + input.slice(at + 1 + random.below(3));
    case 2:
      return input.slice(0, at) + random.pick(BYTES) + input.slice(at + 1);
    case 3:
      return input.slice(0, at);
    case 4: {
      const from = random.below(input.length + 1);
      return input.slice(0, at) + input.slice(from, from + random.below(30)) + input.slice(at);
    }
    case 5:
      return replaceLineEnd(random, input);
    case 6:
      return input.slice(0, at) + flipCase(input.slice(at, at + 12)) + input.slice(at + 12);
    default:
      return mutateLines(random, input);
  }
}

function replaceLineEnd(random: Random, input: string): string {
  const parts = input.split("\r\n");
  if (parts.length < 2) return input;
  const at = 1 + random.below(parts.length - 1);
  const end = random.pick(["\n", "\r", "\r\r\n", "\n\r\n", "\r\n ", "\r\n\t", " \r\n", "\n\n", ""]);
  return parts.slice(0, at).join("\r\n") + end + parts.slice(at).join("\r\n");
}

function mutateLines(random: Random, input: string): string {
  const lines = input.split("\r\n");
  const at = random.below(lines.length);
  switch (random.below(5)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, lines[at]!);
      break;
    case 2:
      lines.splice(at, 0, random.pick(ODD_FIELDS));
      break;
    case 3:
      lines[at] = lines[at]!.replace(":", random.pick([" :", "", "::", ":\t", ": \r\n "]));
      break;
    default:
      [lines[at], lines[random.below(lines.length)]] = [lines[random.below(lines.length)]!, lines[at]!];
  }
  return lines.join("\r\n");
}

function flipCase(input: string): string {
  return input.replace(/[a-z]/gi, (letter) => (letter >= "a" ? letter.toUpperCase() : letter.toLowerCase()));
}

function insert(random: Random, lines: string[], line: string): void {
  lines.splice(random.below(lines.length + 1), 0, line);
}
