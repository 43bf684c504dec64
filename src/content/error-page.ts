// Every page that the server writes itself: small, plain HTML that a person can read, the same for each peer.
// Nothing of the request, of the file system or of an error goes into it, so there is nothing to escape and
// nothing to leak. A site's own 404.html takes the place of one of them (planner.ts).
import type { Content, Reply } from "../http/message.ts";
import { reasonPhrase } from "../http/status.ts";

/** What a person may want to know or do; a status that is not here gets its reason phrase alone. */
const ADVICE: Readonly<Record<number, string>> = {
  301: "What you look for has another address now.",
  302: "What you look for has another address at the moment.",
  303: "The answer is at another address.",
  307: "What you look for has another address at the moment.",
  308: "What you look for has another address now.",
  401: "This needs a name and a password.",
  400: "The server cannot make sense of this request.",
  403: "This is not for you, or the server may not read it.",
  404: "There is nothing at this address.",
  405: "Files can be read here, not changed.",
  408: "The request did not arrive in time. Please try again.",
  412: "The file is not in the state that the request asks for.",
  413: "The request carries more than the server takes.",
  414: "The address is too long.",
  416: "The file does not have the part that was asked for.",
  417: "The server cannot do what the request expects of it.",
  421: "This connection is not secured, and the address asks for one that is.",
  431: "The request carries too many or too large header fields. Deleting the cookies of this site may help.",
  500: "Something went wrong on the server. It has been noted.",
  501: "The server does not know this kind of request.",
  503: "The server cannot answer right now. Please try again in a moment.",
  // RFC 9110 §15.6.6: say which versions are spoken instead.
  505: "The server speaks HTTP/1.1 and HTTP/1.0.",
};

// `no-cache`: a 404 may be cached unless it says otherwise (RFC 9110 §15.1), and tomorrow the file may be there.
const PAGE_FIELDS =
  "Content-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\n";

/** RFC 9110 §15.6.4, §10.2.3: where nobody knows better, what is short comes back soon. */
const RETRY_AFTER = "Retry-After: 2\r\n";

const replies = new Map<number, Reply>();

/** The page for a status: the same reply each time, which lets the engine keep its head. */
export function errorReply(status: number): Reply {
  let reply = replies.get(status);
  if (reply === undefined) {
    const fields = status === 503 ? PAGE_FIELDS + RETRY_AFTER : PAGE_FIELDS;
    reply = { status, fields, content: writePage(status) };
    replies.set(status, reply);
  }
  return reply;
}

/** The same page with field lines of its own, each ended by CRLF. */
export function errorReplyWith(status: number, fields: string): Reply {
  return { status, fields: PAGE_FIELDS + fields, content: errorReply(status).content };
}

function writePage(status: number): Content {
  const title = `${status} ${reasonPhrase(status)}`.trim();
  const advice = ADVICE[status];
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
