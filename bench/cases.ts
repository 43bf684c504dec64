// What is asked of every peer, and what the right answer is. A case is data: load.ts turns it into load, exchange.ts
// checks the answer first.
import type { KeptSiteName } from "./kept-sites.ts";
import type { Setup } from "./place.ts";
import { FILES, MANY_COUNT } from "./site.ts";

export interface Case {
  /** As `--cases` and the JSON name it. */
  readonly name: string;
  readonly title: string;
  /** "small" is made afresh for each run, the others are kept. */
  readonly site: "small" | KeptSiteName;
  readonly setup: Setup;
  /** How it is asked for: "h2" is HTTP/2, by ALPN over TLS and by prior knowledge in clear. "resumed" is HTTP/1.1 over a TLS session. */
  readonly protocol: "http/1.1" | "h2" | "resumed";
  /** Requests that are open at a time on each connection of HTTP/2. */
  readonly streamCount: number;
  /** Request target. In a case of many files or paths, the first of them. */
  readonly target: string;
  /** Field lines beside Host, without line ends. `{etag}` stands for the entity tag that the peer itself gave. */
  readonly fields: readonly string[];
  readonly status: number;
  /** Content in bytes; undefined where it is the peer's own choice. */
  readonly contentLength: number | undefined;
  /** How requests follow each other: one by one, 16 in one write, each for another file, or each for a random path. */
  readonly shape: "single" | "pipelined" | "many" | "random";
  /** The paths of a random shape; undefined for others. */
  readonly paths: Paths | undefined;
  readonly connectionCount: number;
  /** Rounds, where they are not as many as those of the run. */
  readonly roundCount: number | undefined;
  /** The C floor gives the right answer to it. */
  readonly isForFloor: boolean;
  /** Replies are counted by their bytes, because those that are cut at the end of a round would distort. */
  readonly isCountedByBytes: boolean;
  /** Wants gigabytes of disk and memory: only with `--all`, or by its name. */
  readonly isLarge: boolean;
  /** Names of the peers that take part; undefined for all. */
  readonly peers: readonly string[] | undefined;
}

interface Paths {
  /** As wrk.lua fills it: {a} and {b} are a number below `count`, {n} is one that hardly ever comes twice. */
  readonly pattern: string;
  readonly count: number;
  /** Hosts that are asked for at random; 0 for the address of the server. */
  readonly hostCount: number;
}

/** What Chrome 140 on Linux sends for a file that a page refers to, with one cookie: about 600 bytes with the request line and Host. */
const BROWSER_FIELDS = [
  "Connection: keep-alive",
  'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  "sec-ch-ua-mobile: ?0",
  'sec-ch-ua-platform: "Linux"',
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Accept: */*",
  "Sec-Fetch-Site: same-origin",
  "Sec-Fetch-Mode: no-cors",
  "Sec-Fetch-Dest: script",
  "Referer: http://127.0.0.1/index.html",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: en-GB,en;q=0.9",
  "Cookie: theme=dark",
];

const HOT: Omit<Case, "name" | "title"> = {
  site: "small",
  setup: "plain",
  protocol: "http/1.1",
  streamCount: 1,
  target: FILES.small.target,
  fields: [],
  status: 200,
  contentLength: FILES.small.size,
  shape: "single",
  paths: undefined,
  connectionCount: 64,
  roundCount: undefined,
  isForFloor: false,
  isCountedByBytes: false,
  isLarge: false,
  peers: undefined,
};

export const CASES: readonly Case[] = [
  { ...HOT, name: "hot", title: "1 KiB file", isForFloor: true },
  { ...HOT, name: "browser", title: "1 KiB file, a browser's head", fields: BROWSER_FIELDS, isForFloor: true },
  {
    ...HOT,
    name: "304",
    title: "304 Not Modified",
    fields: ["If-None-Match: {etag}"],
    status: 304,
    contentLength: undefined,
  },
  {
    ...HOT,
    name: "range",
    title: "512 bytes of it (206)",
    fields: ["Range: bytes=256-767"],
    status: 206,
    contentLength: 512,
  },
  { ...HOT, name: "404", title: "404 Not Found", target: "/no/such/file.txt", status: 404, contentLength: undefined },
  {
    ...HOT,
    name: "medium",
    title: "100 KiB file",
    target: FILES.medium.target,
    contentLength: FILES.medium.size,
    isCountedByBytes: true,
  },
  {
    ...HOT,
    name: "large",
    title: "10 MiB file",
    target: FILES.large.target,
    contentLength: FILES.large.size,
    connectionCount: 4,
    isCountedByBytes: true,
  },
  { ...HOT, name: "many", title: `${MANY_COUNT} files of 1 KiB in turn`, target: FILES.many.target, shape: "many" },
  { ...HOT, name: "close", title: "one request per connection", fields: ["Connection: close"] },
  { ...HOT, name: "pipelined", title: "16 pipelined requests", shape: "pipelined", isForFloor: true },
];

const OVER_TLS: Omit<Case, "name" | "title"> = {
  ...HOT,
  setup: "tls",
  peers: ["heddle", "heddle-before", "heddle-portable", "nginx", "h2o"],
};

/** TLS 1.3 with a certificate of P-256. wrk resumes no session: each of its connections has a full handshake. */
export const TLS_CASES: readonly Case[] = [
  { ...OVER_TLS, name: "tls-hot", title: "1 KiB file over TLS" },
  { ...OVER_TLS, name: "tls-medium", title: "100 KiB file over TLS", ...sizeOf("medium"), isCountedByBytes: true },
  {
    ...OVER_TLS,
    name: "tls-large",
    title: "10 MiB file over TLS",
    ...sizeOf("large"),
    connectionCount: 4,
    isCountedByBytes: true,
  },
  {
    ...OVER_TLS,
    name: "tls-close",
    title: "a request per TLS handshake",
    fields: ["Connection: close"],
    connectionCount: 16,
  },
  {
    ...OVER_TLS,
    name: "tls-resumed",
    title: "a request per resumption",
    protocol: "resumed",
    fields: ["Connection: close"],
    connectionCount: 1,
  },
];

const OVER_HTTP2: Omit<Case, "name" | "title"> = {
  ...HOT,
  setup: "h2c",
  protocol: "h2",
  connectionCount: 16,
  streamCount: 16,
  peers: ["heddle", "heddle-before", "heddle-portable", "nginx", "h2o", "node-http2"],
};

/** HTTP/2 in clear, by prior knowledge, and over TLS 1.3: each case in both. */
export const HTTP2_CASES: readonly Case[] = (["h2c", "tls"] as const).flatMap((setup) => {
  const [prefix, way] = setup === "tls" ? ["h2", "HTTP/2, TLS"] : ["h2c", "HTTP/2"];
  const common = { ...OVER_HTTP2, setup };
  return [
    { ...common, name: `${prefix}-hot`, title: `1 KiB, ${way}, 16 x 16` },
    {
      ...common,
      name: `${prefix}-browser`,
      title: `browser's head, ${way}`,
      // RFC 9113 §8.2.2 forbids Connection.
      fields: BROWSER_FIELDS.slice(1),
      connectionCount: 64,
      streamCount: 1,
    },
    {
      ...common,
      name: `${prefix}-large`,
      title: `10 MiB, ${way}`,
      ...sizeOf("large"),
      connectionCount: 4,
      streamCount: 1,
      isCountedByBytes: true,
    },
  ];
});

function sizeOf(file: "medium" | "large"): Pick<Case, "target" | "contentLength"> {
  return { target: FILES[file].target, contentLength: FILES[file].size };
}
