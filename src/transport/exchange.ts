// What all pumps share of an exchange, whichever protocol the connection speaks: the handler is asked, and what a reply
// holds is released. How a reply finds its way to the peer differs: http1-exchange.ts, http2-streams.ts.
import type { Content, ContentStream, Handler, Peer, Reply, Request } from "../http/message.ts";
import type { Pace } from "../http/notes.ts";
import type { OutputBuffer } from "../http/output-buffer.ts";
import type { Http1Context } from "../http1/connection.ts";
import type { Clients, ProxiedPeer } from "../proxies/clients.ts";
import type { Clock } from "./clock.ts";
import { ConnectionLog } from "./connection-log.ts";
import type { Stopwatch } from "./durations.ts";
import type { RefusedPeer, TransportHooks } from "./transport.ts";

/** RFC 8297. */
export const EARLY_HINTS = 103;

/** What the connections of one thread share. */
export interface ExchangeContext extends Required<Omit<TransportHooks, "durations" | "newConnectionId">> {
  readonly handler: Handler;
  readonly http1: Http1Context;
  readonly clock: Clock;
  /** Undefined where no proxy is trusted. A reload exchanges it. */
  clients: Clients | undefined;
  /** Undefined where durations are not asked for. */
  readonly stopwatch: Stopwatch | undefined;
  /** Calls back after so many ms, as exactly as the loop of the thread allows. @returns takes it back */
  readonly pause: (ms: number, callback: () => void) => () => void;
  /** Replies of all connections are written here. Each pump sends its replies before another one writes. */
  readonly out: OutputBuffer;
}

/** A pump, as the half of the connection sees it that knows the protocol. */
export interface Carrier extends ProxiedPeer {
  /** Names the connection in the trace. */
  readonly id: number;
  /** The index of the listener that it has come to. */
  readonly listener: number;
  /** When it was accepted, by `exactMs` of the clock; 0 without a trace. */
  readonly openedMs: number;
  readonly isOpen: boolean;
  /** Takes events and sends the output, after something has happened outside of the pump. */
  turn(): void;
  /** All is written: ends our half of the connection once it is sent. */
  finish(): void;
  /** Sends the output and closes the connection. */
  close(): void;
}

/** What a connection notes for the access log; undefined where there is none. */
export function logOf(
  carrier: Carrier,
  { accessLog, clock }: ExchangeContext,
  isHttp2 = false,
): ConnectionLog | undefined {
  return accessLog && new ConnectionLog(accessLog, clock, carrier, isHttp2);
}

/** Asks the handler for the reply. It neither throws nor rejects. */
export function ask(request: Request, peer: Peer, context: ExchangeContext): Reply | Promise<Reply> {
  try {
    const reply = context.handler.handle(request, peer);
    return reply instanceof Promise ? reply.catch((error: unknown) => fail(error, context)) : reply;
  } catch (error) {
    return fail(error, context);
  }
}

/** Resolves when all that was sent at this pace is paid for. */
export async function whenPaid(pace: Pace, { pause, clock }: ExchangeContext): Promise<void> {
  for (let waitMs = pace.debtMs; waitMs > 0; waitMs = pace.debtMs) {
    await new Promise<void>((resolve) => pause(waitMs, resolve));
    clock.read();
  }
}

/** The same reply, later: what was sent before has to be paid for first. */
export async function replyWhenPaid(
  reply: Reply | Promise<Reply>,
  pace: Pace,
  context: ExchangeContext,
): Promise<Reply> {
  const made = await reply;
  await whenPaid(pace, context);
  return made;
}

/** For connections that there is no room for: each request gets 503. */
export function refusing(handler: Handler): Handler {
  const refuse: Handler["refuse"] = (rejection) => handler.refuse(rejection);
  const code = "CONNECTIONS_EXCEEDED";
  return { handle: () => ({ ...pageOf(refuse({ status: 503, code })), code }), refuse };
}

/** A handler that throws has a bug. Its peer gets a reply, and other connections notice nothing. */
function fail(error: unknown, { onError, handler }: ExchangeContext): Reply {
  onError(error);
  const code = "HANDLER_FAILED";
  return { ...pageOf(handler.refuse({ status: 500, code })), code };
}

/** Without what the engines keep with a reply. */
function pageOf({ status, fields, content }: Reply): Reply {
  return { status, fields, content };
}

/** The site refuses a request: told before its reply is sent. @param peer who has asked, behind a proxy */
export function tellRefusal(
  { code, status }: Reply,
  { id, listener, address }: RefusedPeer,
  { onRefusal }: ExchangeContext,
  { stream, peer }: { readonly stream?: number; readonly peer?: Peer | undefined } = {},
): void {
  const about = { by: "site", code: code!, status, ...(stream !== undefined && { stream }) } as const;
  onRefusal?.(about, { id, listener, address: peer?.address ?? address });
}

/** The reply is over, whether or not its content was sent. */
export function release(content: Content | ContentStream | undefined): void {
  if (content === undefined) return;
  if (content.kind === "stream") return content.release?.();
  content.file?.release();
  content.onRelease?.();
}
