// HTTP/1.1 from a request that the engine reports to its reply in the output, for all pumps. Each request has a number. So
// a reply that comes too late is noticed and dropped: the engine may have refused the request meanwhile, or the
// connection may be closed. How bytes come and go is the pump's business.
import type { Content, ContentStream, Peer, Rejection, Reply } from "../http/message.ts";
import type { Notes, Pace } from "../http/notes.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { Connection } from "../http1/connection.ts";
import type { Http1Event, Mistake } from "../http1/events.ts";
import { traceClient, traceProxied, traceReply, traceRequest, traceTimes } from "../telemetry/trace.ts";
import type { ConnectionLog } from "./connection-log.ts";
import {
  ask,
  type Carrier,
  EARLY_HINTS,
  type ExchangeContext,
  release,
  replyWhenPaid,
  tellRefusal,
} from "./exchange.ts";

/** A connection, as its exchanges see it. */
export interface Http1Half {
  readonly pump: Carrier;
  readonly connection: Connection;
  /** The number of the exchange at hand, 0 before the first. Only this file counts it up. */
  exchange: number;
  /** When its request was read, by `exactMs` of the clock; only with a trace. */
  begunMs: number;
  /** Undefined without an access log. */
  readonly log: ConnectionLog | undefined;
  /** When the exchange at hand began; NOT_TIMED where nobody asks, and once it is counted. */
  startedMs: number;
  /** Of the reply at hand; undefined where content is sent as fast as the peer takes it. Only this file sets it. */
  pace: Pace | undefined;
  /** Sends content that follows a head in the output, and releases it afterwards. */
  sendContent(content: Content | ContentStream): void;
  /** The peer speaks HTTP/2, which goes on from these bytes: they are what it has sent first. */
  speakHttp2(first: Buffer): void;
}

/** In `startedMs`. */
export const NOT_TIMED = -1;

/** A reply is sent or cut: the log has its line, and it is timed if it is the one at hand. */
export function endExchange(half: Http1Half, context: ExchangeContext, exchange: number, isCut: boolean): void {
  half.log?.end(exchange, isCut, half.connection.contentBytes);
  if (exchange === half.exchange) endTiming(half, context);
}

/** The reply to the exchange at hand is sent or cut: counts how long it took, if that has not been done. */
function endTiming(half: Http1Half, { stopwatch }: ExchangeContext): void {
  if (half.startedMs === NOT_TIMED) return;
  stopwatch!.end(half.startedMs);
  half.startedMs = NOT_TIMED;
}

/** Acts on an event of the connection. */
export function takeEvent(event: Http1Event, half: Http1Half, context: ExchangeContext): void {
  switch (event.kind) {
    case "head":
      return handle(event.head, half, context);
    case "content":
    case "end":
      return;
    case "rejected":
      tellMistake(event, half, context);
      return refuse(event.rejection, half, context);
    case "mistake":
      return tellMistake(event, half, context);
    case "http2":
      return half.speakHttp2(event.bytes);
    case "finish":
      return half.pump.finish();
    case "closed":
      return half.pump.close();
    default:
      event satisfies never;
  }
}

function handle(head: RequestHead, half: Http1Half, context: ExchangeContext): void {
  const { counters, onTrace, clients, stopwatch } = context;
  const { pump } = half;
  const exchange = ++half.exchange;
  counters.countRequest(false);
  if (stopwatch !== undefined) half.startedMs = stopwatch.begin();
  half.connection.discardContent();
  if (onTrace !== undefined) {
    if (exchange === 1 && pump.certificate !== undefined) onTrace(traceClient(pump.id, pump.certificate));
    onTrace(traceRequest(pump.id, head, context.tracesSecrets));
    half.begunMs = context.clock.exactMs();
  }
  const peer = clients === undefined ? pump : clients.of(head, pump);
  if (peer !== pump && onTrace !== undefined) onTrace(traceProxied(pump.id, peer));
  half.log?.begin(exchange, head, peer);
  let reply = ask(head, peer, context);
  const { notes } = head;
  const { pace } = notes;
  half.pace = pace;
  if (pace !== undefined && pace.debtMs > 0) reply = replyWhenPaid(reply, pace, context);
  if (notes.earlyHints !== undefined) sendEarlyHints(notes, exchange, half, context);
  if (reply instanceof Promise) {
    // They are needed when the reply comes: the next request of the thread gets others.
    notes.isShared = true;
    half.log?.hold();
    void sendLater(reply, notes, exchange, half, context, peer);
  } else sendReply(reply, exchange, half, context, peer);
}

/** Before the reply: in the trace, the reason stands above it. */
function tellMistake(
  { kind, rejection, read, mistakeAt }: Mistake & { kind: string },
  { pump }: Http1Half,
  context: ExchangeContext,
): void {
  const { code, status } = rejection;
  const isAnswered = kind === "mistake";
  context.onRefusal?.({ by: "http1", code, status: isAnswered ? undefined : status, read, mistakeAt }, pump);
}

/** The reply that was to come, if there was a request, comes too late from now on. */
function refuse(rejection: Rejection, half: Http1Half, context: ExchangeContext): void {
  const exchange = ++half.exchange;
  if (context.onTrace !== undefined) half.begunMs = context.clock.exactMs();
  half.log?.renumber(exchange - 1, exchange);
  sendReply(context.handler.refuse(rejection), exchange, half, context);
}

async function sendLater(
  reply: Promise<Reply>,
  notes: Notes,
  exchange: number,
  half: Http1Half,
  context: ExchangeContext,
  peer: Peer,
): Promise<void> {
  const late = await reply;
  context.clock.read();
  sendEarlyHints(notes, exchange, half, context);
  sendReply(late, exchange, half, context, peer);
  half.pump.turn();
}

/** Once. @param exchange the exchange that they are for */
function sendEarlyHints(notes: Notes, exchange: number, half: Http1Half, context: ExchangeContext): void {
  const { earlyHints } = notes;
  notes.earlyHints = undefined;
  if (earlyHints?.toHttp1 !== true || !half.pump.isOpen || exchange !== half.exchange) return;
  const { out, onTrace } = context;
  const start = out.length;
  if (!half.connection.sendInterim(EARLY_HINTS, earlyHints.fields, out)) return;
  onTrace?.(traceReply(half.pump.id, out.view().toString("latin1", start), context.tracesSecrets));
}

/** @param exchange the exchange that the reply is for */
function sendReply(reply: Reply, exchange: number, half: Http1Half, context: ExchangeContext, peer?: Peer): void {
  const { content } = reply;
  if (!half.pump.isOpen || exchange !== half.exchange) return release(content);
  // Most replies end at the first question.
  if (reply.status >= 400 && reply.code !== undefined) tellRefusal(reply, half.pump, context, { peer });
  const { out, http1, clock, onTrace } = context;
  const start = out.length;
  http1.writer.setTime(clock.wallMs);
  const headEnd = half.connection.sendReply(reply, out, clock.now);
  if (onTrace !== undefined) {
    onTrace(traceReply(half.pump.id, out.view().toString("latin1", start, headEnd), context.tracesSecrets));
    const now = clock.exactMs();
    onTrace(traceTimes(`connection ${half.pump.id}`, now - half.begunMs, now - half.pump.openedMs));
  }
  const { contentBytes, wantsContent } = half.connection;
  half.log?.reply(exchange, reply, contentBytes, !wantsContent);
  if (!wantsContent) {
    half.pace?.charge(contentBytes);
    endTiming(half, context);
  }
  if (content === undefined || !wantsContent) release(content);
  else half.sendContent(content);
}
