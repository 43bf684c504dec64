// The half that all pumps share: from a request that the engine reports to its reply in the output. The handler is
// asked here, and each request has a number. So a reply that comes too late is noticed and dropped: the engine may have
// refused the request meanwhile, or the connection may be closed. How bytes come and go is the pump's business.
import type { Content, ContentStream, Handler, Peer, Reply, Request } from "../http/message.ts";
import type { OutputBuffer } from "../http/output-buffer.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { Connection, Http1Context } from "../http1/connection.ts";
import type { Http1Event } from "../http1/events.ts";
import { traceClient, traceReply, traceRequest } from "../telemetry/trace.ts";
import type { Clock } from "./clock.ts";
import type { TransportHooks } from "./transport.ts";

/** What the connections of one thread share. */
export interface ExchangeContext extends Required<TransportHooks> {
  readonly handler: Handler;
  readonly http1: Http1Context;
  readonly clock: Clock;
  /** Replies of all connections are written here. Each pump sends its replies before another one writes. */
  readonly out: OutputBuffer;
}

/** A pump, as its exchanges see it. */
export interface ExchangePump extends Peer {
  /** Names the connection in the trace. */
  readonly id: number;
  readonly connection: Connection;
  readonly isOpen: boolean;
  /** The number of the exchange at hand, 0 before the first. Only this file counts it up. */
  exchange: number;
  /** Takes events and sends the output, after something has happened outside of the pump. */
  turn(): void;
  /** Sends content that follows a head in the output, and releases it afterwards. */
  sendContent(content: Content | ContentStream): void;
  /** The last reply is written: ends our half of the connection once it is sent. */
  finish(): void;
  /** Sends the output and closes the connection. */
  close(): void;
}

/** Acts on an event of the pump's connection. */
export function takeEvent(event: Http1Event, pump: ExchangePump, context: ExchangeContext): void {
  switch (event.kind) {
    case "head":
      return handle(event.head, pump, context);
    case "content":
    case "end":
      return;
    case "rejected":
      return sendReply(context.handler.refuse(event.rejection), ++pump.exchange, pump, context);
    case "finish":
      return pump.finish();
    case "closed":
      return pump.close();
    default:
      event satisfies never;
  }
}

function handle(head: RequestHead, pump: ExchangePump, context: ExchangeContext): void {
  const { counters, onTrace } = context;
  const exchange = ++pump.exchange;
  counters.countRequest();
  pump.connection.discardContent();
  if (onTrace !== undefined && exchange === 1 && pump.certificate !== undefined)
    onTrace(traceClient(pump.id, pump.certificate));
  if (onTrace !== undefined) onTrace(traceRequest(pump.id, head));
  const reply = ask(head, pump, context);
  if (reply instanceof Promise) sendLater(reply, exchange, pump, context);
  else sendReply(reply, exchange, pump, context);
}

function ask(request: Request, peer: Peer, context: ExchangeContext): Reply | Promise<Reply> {
  try {
    return context.handler.handle(request, peer);
  } catch (error) {
    return fail(error, context);
  }
}

/** A handler that throws has a bug. Its peer gets a reply, and other connections notice nothing. */
function fail(error: unknown, { onError, handler }: ExchangeContext): Reply {
  onError(error);
  return handler.refuse({ status: 500, code: "HANDLER_FAILED" });
}

function sendLater(reply: Promise<Reply>, exchange: number, pump: ExchangePump, context: ExchangeContext): void {
  reply
    .catch((error: unknown) => fail(error, context))
    .then((late) => {
      context.clock.read();
      sendReply(late, exchange, pump, context);
      pump.turn();
    });
}

/** @param exchange the exchange that the reply is for */
function sendReply(reply: Reply, exchange: number, pump: ExchangePump, context: ExchangeContext): void {
  const { content } = reply;
  if (!pump.isOpen || exchange !== pump.exchange) return release(content);
  const { out, http1, clock, onTrace } = context;
  const start = out.length;
  http1.writer.setTime(clock.wallMs);
  const headEnd = pump.connection.sendReply(reply, out, clock.now);
  if (onTrace !== undefined) onTrace(traceReply(pump.id, out.view(), start, headEnd));
  if (content === undefined || !pump.connection.wantsContent) release(content);
  else pump.sendContent(content);
}

/** The reply is over, whether or not its content was sent. */
export function release(content: Content | ContentStream | undefined): void {
  if (content?.kind === "stream") content.release?.();
  else content?.file?.release();
}
