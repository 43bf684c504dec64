// What is asked of every peer, and what the right answer is. A case is data: load.ts turns it into load, probe.ts
// checks the answer first.
import { FILES, MANY_COUNT } from "./site.ts";

export interface Case {
  /** As `--cases` and the JSON name it. */
  readonly name: string;
  readonly title: string;
  /** Request target. In the case of many files, the first of them. */
  readonly target: string;
  /** Field lines beside Host, without line ends. `{etag}` stands for the entity tag that the peer itself gave. */
  readonly fields: readonly string[];
  readonly status: number;
  /** Content in bytes; undefined where it is the peer's own choice. */
  readonly contentLength: number | undefined;
  /** How requests follow each other: one by one, 16 in one write, or each for another file. */
  readonly shape: "single" | "pipelined" | "many";
  readonly connectionCount: number;
  /** The C floor gives the right answer to it. */
  readonly isForFloor: boolean;
  /** Replies are counted by their bytes, because those that are cut at the end of a round would distort. */
  readonly isCountedByBytes: boolean;
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
  target: FILES.small.target,
  fields: [],
  status: 200,
  contentLength: FILES.small.size,
  shape: "single",
  connectionCount: 64,
  isForFloor: false,
  isCountedByBytes: false,
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
