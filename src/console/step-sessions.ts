// The step mode of the live page: who may begin a session, and what a page may ask of its own. A page
// asks by POST, with nothing but a target: the admin listener reads no content.
import { randomBytes } from "node:crypto";
import { textReply } from "../admin/text-reply.ts";
import type { AdminView } from "../admin/view.ts";
import type { Reply, Request } from "../http/message.ts";
import { queryOf } from "../http/query.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { StepSession } from "./step-session.ts";

/** Some people who learn together. Each has a thread, of 17 MiB. */
const SESSION_LIMIT_COUNT = 4;
/** A request that a person writes; in base64 it fits into a target. */
const SENT_LIMIT_BYTES = 4096;

/** What a page may ask for: POST /console/steps/open, and so on. */
export const STEP_ACTS = ["open", "next", "run", "send", "finish", "end"] as const;
type StepAct = (typeof STEP_ACTS)[number];

export class StepSessions {
  readonly #view: AdminView;
  readonly #sessions = new Map<string, StepSession>();

  constructor(view: AdminView) {
    this.#view = view;
  }

  events(request: Request): Reply {
    const session = this.#sessions.get(queryParameter(request, "session"));
    if (session === undefined) return NO_SESSION;
    const [last = "0"] = /^\d{1,6}$/.exec(request.field("last-event-id") ?? "") ?? [];
    return session.events(Number(last));
  }

  act(act: StepAct, request: Request): Reply {
    if (!isOfOwnPage(request)) return textReply(403, "Another site's page asks.\n");
    if (act === "open") return this.#open();
    const session = this.#sessions.get(queryParameter(request, "session"));
    if (session === undefined) return NO_SESSION;
    switch (act) {
      case "next":
        return session.go(false) ? DONE : textReply(409, "It is the client's turn.\n");
      case "run":
        session.go(true);
        return DONE;
      case "send":
        return send(session, queryParameter(request, "bytes"));
      case "finish":
        return session.finish() ? DONE : textReply(409, "The client of the page has no connection.\n");
      case "end":
        session.end("you have ended it");
        return DONE;
      default:
        return act satisfies never;
    }
  }

  close(): void {
    for (const session of this.#sessions.values()) session.end("the server stops");
  }

  #open(): Reply {
    if (this.#sessions.size >= SESSION_LIMIT_COUNT) return textReply(503, "Too many others go step by step now.\n");
    const { transport, options } = this.#view;
    if (transport === undefined) return textReply(503, "The server is starting.\n");
    if (!isForThisMachine(options)) return textReply(403, NOT_FOR_ALL);
    const id = randomBytes(16).toString("base64url");
    const onEnd = (): void => void this.#sessions.delete(id);
    this.#sessions.set(id, new StepSession({ options, transport, onEnd }));
    return textReply(200, `${JSON.stringify({ session: id })}\n`, { type: "application/json" });
  }
}

const NOT_FOR_ALL =
  "Not everybody on this machine may ask this server, and the port of a session is open to everybody there.\n";

/** Whether everybody on this machine can ask the server anyway: at a port, without a certificate, and without a proxy. */
function isForThisMachine({ listen, tls, proxyProtocol }: ResolvedOptions): boolean {
  const wantsCertificate = tls?.some(({ clientCertificate }) => clientCertificate === "required") === true;
  return listen.some(({ kind }) => kind === "address") && !wantsCertificate && !proxyProtocol;
}

const NO_SESSION: Reply = textReply(404, "There is no such session, or it has ended.\n");
const DONE: Reply = { status: 204, fields: "Cache-Control: no-store\r\n", content: undefined };

function send(session: StepSession, text: string): Reply {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length === 0 || bytes.length > SENT_LIMIT_BYTES) {
    return textReply(400, `Wanted 1 to ${SENT_LIMIT_BYTES} bytes to send.\n`);
  }
  const problem = session.send(bytes);
  return problem === undefined ? DONE : textReply(409, problem);
}

/**
 * Whether a request that changes something comes from the page itself, or from a program: a browser names the site that asks
 * (Fetch Metadata, and Origin: RFC 6454 §7).
 */
function isOfOwnPage(request: Request): boolean {
  const site = request.field("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = request.field("origin");
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === request.authority.toLowerCase();
}

function queryParameter({ target }: Request, name: string): string {
  return new URLSearchParams(queryOf(target)).get(name) ?? "";
}
