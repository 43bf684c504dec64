// Every page that the server writes itself: small, plain HTML that a person can read, the same for each peer.
// Nothing of the request, of the file system or of an error goes into it, so there is nothing to escape and
// nothing to leak. A site's own 404.html takes the place of one of them (planner.ts).
import type { Content, Rejection, Reply } from "../http/message.ts";
import { reasonPhrase } from "../http/status.ts";

/** What a person may want to know or do; a status that is not here gets its reason phrase alone. */
const ADVICE: Readonly<Record<number, string>> = {
  301: "This page has a new address.",
  302: "This page has another address at the moment.",
  303: "The answer is at another address.",
  307: "This page has another address at the moment.",
  308: "This page has a new address.",
  401: "This page needs a name and a password.",
  400: "The server does not understand this request.",
  403: "You may not see this page, or the server may not read its file.",
  404: "There is nothing at this address.",
  405: "Files can be read here, but not changed.",
  408: "The request did not arrive in time. Please try again.",
  412: "The file is not in the state that the request asks for.",
  413: "The request is larger than the server accepts.",
  414: "The address is too long.",
  416: "The file does not have the requested part.",
  417: "The server cannot do what the request expects.",
  421: "The address and the connection do not fit together: one is encrypted, and the other is not.",
  429: "There were too many requests from this address. Please try again in a moment.",
  431: "The request has too many or too large header fields. Deleting the cookies of this site may help.",
  500: "Something went wrong on the server. The server has reported it.",
  501: "The server does not support this kind of request.",
  503: "The server cannot answer right now. Please try again in a moment.",
  // RFC 9110 §15.6.6: say which versions are spoken instead.
  505: "The server speaks HTTP/1.1 and HTTP/1.0.",
};

/** The same, for refusals of the engine whose status says too little. */
const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  PLAIN_ON_TLS: "This port is for encrypted connections. Please use an address that begins with https://.",
  TLS_ON_PLAIN: "This port is for connections that are not encrypted.",
};

// `no-cache`: a 404 may be cached unless it says otherwise (RFC 9110 §15.1), and tomorrow the file may be there.
const PAGE_FIELDS =
  "Content-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\n";

/** RFC 9110 §15.6.4, §10.2.3: where nobody knows better, what is short comes back soon. */
const RETRY_AFTER = "Retry-After: 2\r\n";

const replies = new Map<number, Reply>();
/** By the code of the refusal, where it has advice of its own. */
const refusals = new Map<string, Reply>();

/**
 * The server's own page for a status: without further field lines the same reply each time, which lets the engine keep
 * its head.
 * @param fields further lines, each ended by CRLF; those of a 503 say when to retry
 */
export function errorReply(status: number, fields = ""): Reply {
  if (fields !== "") return { status, fields: PAGE_FIELDS + fields, content: errorReply(status).content };
  let reply = replies.get(status);
  if (reply === undefined) {
    reply = { status, fields: status === 503 ? PAGE_FIELDS + RETRY_AFTER : PAGE_FIELDS, content: writePage(status) };
    replies.set(status, reply);
  }
  return reply;
}

/** For a client that has asked too much, RFC 6585 §4. Most have to wait equally long: they get the same reply. */
export function tooManyReply(retryAfterSeconds: number): Reply {
  if (tooMany?.seconds === retryAfterSeconds) return tooMany.reply;
  // A cache must not give it to others: RFC 6585 §4.
  const fields = `${PAGE_FIELDS.replace("no-cache", "no-store")}Retry-After: ${retryAfterSeconds}\r\n`;
  const reply = { status: 429, fields, content: errorReply(429).content };
  tooMany = { seconds: retryAfterSeconds, reply };
  return reply;
}

let tooMany: { readonly seconds: number; readonly reply: Reply } | undefined;

/** The server's own page for a request that the engine has refused. */
export function refusalReply({ status, code }: Rejection): Reply {
  const advice = ADVICE_BY_CODE[code];
  if (advice === undefined) return errorReply(status);
  const reply = refusals.get(code) ?? { status, fields: PAGE_FIELDS, content: writePage(status, advice) };
  refusals.set(code, reply);
  return reply;
}

function writePage(status: number, advice: string | undefined = ADVICE[status]): Content {
  const title = `${status} ${reasonPhrase(status)}`.trim();
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>body { font: 1.125rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 20vh auto; padding: 0 1.5rem }</style>
<h1>${title}</h1>
${advice === undefined ? "" : `<p>${advice}</p>\n`}</html>
`;
  const bytes = Buffer.from(page, "utf8");
  return { kind: "content", length: bytes.length, segments: [bytes], file: undefined };
}
