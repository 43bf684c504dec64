// Requests to begin with. They are written as people write them: \r and \n stand for the bytes, and the line ends of the text
// itself count for nothing. So every byte can be seen, and a bare LF can be sent.

export interface Preset {
  readonly name: string;
  /** What it is good for. */
  readonly about: string;
  /** One after the other: the next is there to be sent when the one before is on its way. */
  readonly parts: readonly string[];
}

const HOST = "Host: localhost\\r\\n";

export const PRESETS: readonly Preset[] = [
  {
    name: "GET",
    about: "A file, and a connection that stays.",
    parts: [`GET / HTTP/1.1\\r\\n\n${HOST}\n\\r\\n`],
  },
  {
    name: "GET, and the end",
    about: "Connection: close. Nobody has to linger, because the client says that it sends no more.",
    parts: [`GET / HTTP/1.1\\r\\n\n${HOST}\nConnection: close\\r\\n\n\\r\\n`],
  },
  {
    name: "In two pieces",
    about: "Half of a head, and then the rest: one request, two reads.",
    parts: [`GET / HTTP/1.1\\r\\n\nHos`, "t: localhost\\r\\n\n\\r\\n"],
  },
  {
    name: "Two at once",
    about: "Pipelining: two requests in one read. The second waits in memory.",
    parts: [`GET / HTTP/1.1\\r\\n\n${HOST}\n\\r\\n\nGET /missing HTTP/1.1\\r\\n\n${HOST}\n\\r\\n`],
  },
  {
    name: "If it has changed",
    about:
      'The client has the file, and wants it only if it has changed. "*" fits every file; put the ETag of a response there.',
    parts: [`GET / HTTP/1.1\\r\\n\n${HOST}\nIf-None-Match: *\\r\\n\n\\r\\n`],
  },
  {
    name: "A part of it",
    about: "Range: the first ten bytes.",
    parts: [`GET / HTTP/1.1\\r\\n\n${HOST}\nRange: bytes=0-9\\r\\n\n\\r\\n`],
  },
  {
    name: "HEAD",
    about: "The head of the response that GET would get.",
    parts: [`HEAD / HTTP/1.1\\r\\n\n${HOST}\n\\r\\n`],
  },
  {
    name: "With chunks",
    about: "A request with content, of which nobody knows the length before its end.",
    parts: [
      `GET / HTTP/1.1\\r\\n\n${HOST}\nTransfer-Encoding: chunked\\r\\n\n\\r\\n\n5\\r\\n\nhello\\r\\n\n0\\r\\n\n\\r\\n`,
    ],
  },
  {
    name: "A bare LF",
    about: "A line that ends with LF alone is refused: two servers could read it in two ways. The server lingers.",
    parts: [`GET / HTTP/1.1\\n\n${HOST}\n\\r\\n`],
  },
];

const ESCAPES: Readonly<Record<string, string>> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" };

/** The bytes that a written request stands for: what is typed beyond ASCII is sent as UTF-8, and \x is one byte. */
export function bytesOf(written: string): Uint8Array<ArrayBuffer> {
  const typed = new TextEncoder().encode(written.replace(/[\r\n]/g, ""));
  const text = String.fromCharCode(...typed).replace(
    /\\(?:x([\da-f]{2})|([rnt0\\]))/gi,
    (_, hex: string | undefined, name: string) =>
      hex === undefined ? ESCAPES[name.toLowerCase()]! : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
}
