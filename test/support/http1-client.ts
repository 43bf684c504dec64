// Reads the output of a server as a strict client would: RFC 9112 from the other side, short enough to be checked by eye.
// The reader shares no code with the engine, repairs nothing, and throws at the first fault.

export interface ClientReply {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly content: string;
  /** How the end of the content is marked. */
  readonly framing: "none" | "length" | "chunked" | "close";
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * All replies in `output`, including interim replies. Throws when bytes are left over or missing.
 * @param methods of the requests, in order: HEAD decides that there is no content
 */
export function readReplies(output: Buffer, methods: readonly string[]): ClientReply[] {
  const replies: ClientReply[] = [];
  let rest = output.toString("latin1");
  let answered = 0;
  while (rest !== "") {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd < 0) throw new Error(`a head without end: ${JSON.stringify(rest.slice(0, 200))}`);
    const { status, reason, fields } = readHead(rest.slice(0, headEnd));
    const isContentless = status < 200 || status === 204 || status === 304 || methods[answered] === "HEAD";
    const found = readContent(rest.slice(headEnd + 4), fields, isContentless);
    replies.push({ status, reason, fields, content: found.content, framing: found.framing });
    rest = found.rest;
    if (status >= 200) answered++;
    if (status >= 200 && fields.get("connection") === "close" && rest !== "") throw new Error(`after close: ${rest}`);
  }
  return replies;
}

function readHead(head: string): Pick<ClientReply, "status" | "reason" | "fields"> {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const [, status, reason] = /^HTTP\/1\.1 ([1-5][0-9][0-9]) ([\t\x20-\x7e]*)$/.exec(statusLine) ?? [];
  if (status === undefined) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const isGood = colon > 0 && TOKEN.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    if (!isGood || fields.has(name)) throw new Error(`a bad or repeated field line: ${JSON.stringify(line)}`);
    fields.set(name, value);
  }
  return { status: Number(status), reason: reason!, fields };
}

interface Found {
  readonly content: string;
  readonly framing: ClientReply["framing"];
  readonly rest: string;
}

/** RFC 9112 §6.3, in the order of the section. */
function readContent(text: string, fields: ReadonlyMap<string, string>, isContentless: boolean): Found {
  if (isContentless) return { content: "", framing: "none", rest: text };
  const coding = fields.get("transfer-encoding");
  const length = fields.get("content-length");
  if (coding !== undefined && length !== undefined) throw new Error("both Content-Length and Transfer-Encoding");
  if (coding !== undefined) {
    if (coding !== "chunked") throw new Error(`transfer coding ${coding}`);
    return readChunks(text);
  }
  if (length === undefined) return { content: text, framing: "close", rest: "" };
  if (!/^(?:0|[1-9][0-9]*)$/.test(length)) throw new Error(`length ${length}`);
  const end = Number(length);
  if (text.length < end) throw new Error(`${text.length} of ${end} bytes`);
  return { content: text.slice(0, end), framing: "length", rest: text.slice(end) };
}

function readChunks(text: string): Found {
  let content = "";
  let rest = text;
  for (;;) {
    const [line, size] = /^([0-9a-f]+)\r\n/.exec(rest) ?? [];
    if (line === undefined) throw new Error(`not a chunk: ${JSON.stringify(rest.slice(0, 40))}`);
    const end = line.length + Number.parseInt(size!, 16);
    if (rest.slice(end, end + 2) !== "\r\n") throw new Error("a chunk does not end with CRLF");
    content += rest.slice(line.length, end);
    rest = rest.slice(end + 2);
    if (end === line.length) return { content, framing: "chunked", rest };
  }
}
