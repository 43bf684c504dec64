// HTTP/1.1 from a request that the engine reports to its reply in the output, for all pumps. Each request has a number. So
// a reply that comes too late is noticed and dropped: the engine may have refused the request meanwhile, or the
// connection may be closed. How bytes come and go is the pump's business.
import type { Content, ContentStream, Peer, Rejection, Reply } from "../http/message.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { Connection } from "../http1/connection.ts";
import type { Http1Event } from "../http1/events.ts";
import { traceClient, traceReply, traceRequest } from "../telemetry/trace.ts";
import type { ConnectionLog } from "./connection-log.ts";
import { ask, type ExchangeContext, release } from "./exchange.ts";

/** A connection, as its exchanges see it. */
export interface Http1Carrier extends Peer {
  /** Names the connection in the trace. */
  readonly id: number;
  readonly connection: Connection;
  readonly isOpen: boolean;
  /** Undefined without an access log. */
  readonly log: ConnectionLog | undefined;
  /** The number of the exchange at hand, 0 before the first. Only this file counts it up. */
  exchange: number;
  /** Takes events and sends the output, after something has happened outside of the pump. */
  turn(): void;
  /** Sends content that follows a head in the output, and releases it afterwards. */
  sendContent(content: Content | ContentStream): void;
  /** The peer speaks HTTP/2, which goes on from these bytes: they are what it has sent first. */
  speakHttp2(first: Buffer): void;
  /** The last reply is written: ends our half of the connection once it is sent. */
  finish(): void;
  /** Sends the output and closes the connection. */
  close(): void;
}

/** Acts on an event of the connection. */
export function takeEvent(event: Http1Event, carrier: Http1Carrier, context: ExchangeContext): void {
  switch (event.kind) {
    case "head":
      return handle(event.head, carrier, context);
    case "content":
    case "end":
      return;
    case "rejected":
      return refuse(event.rejection, carrier, context);
    case "http2":
      return carrier.speakHttp2(event.bytes);
    case "finish":
      return carrier.finish();
    case "closed":
      return carrier.close();
    default:
      event satisfies never;
  }
}

function handle(head: RequestHead, carrier: Http1Carrier, context: ExchangeContext): void {
  const { counters, onTrace } = context;
  const exchange = ++carrier.exchange;
  counters.countRequest();
  carrier.connection.discardContent();
  if (onTrace !== undefined) {
    if (exchange === 1 && carrier.certificate !== undefined) onTrace(traceClient(carrier.id, carrier.certificate));
    onTrace(traceRequest(carrier.id, head));
  }
  carrier.log?.begin(exchange, head);
  const reply = ask(head, carrier, context);
  if (reply instanceof Promise) {
    carrier.log?.hold();
    void sendLater(reply, exchange, carrier, context);
  } else sendReply(reply, exchange, carrier, context);
}

/** The reply that was to come, if there was a request, comes too late from now on. */
function refuse(rejection: Rejection, carrier: Http1Carrier, context: ExchangeContext): void {
  const exchange = ++carrier.exchange;
  carrier.log?.renumber(exchange - 1, exchange);
  sendReply(context.handler.refuse(rejection), exchange, carrier, context);
}

async function sendLater(
  reply: Promise<Reply>,
  exchange: number,
  carrier: Http1Carrier,
  context: ExchangeContext,
): Promise<void> {
  const late = await reply;
  context.clock.read();
  sendReply(late, exchange, carrier, context);
  carrier.turn();
}

/** @param exchange the exchange that the reply is for */
function sendReply(reply: Reply, exchange: number, carrier: Http1Carrier, context: ExchangeContext): void {
  const { content } = reply;
  if (!carrier.isOpen || exchange !== carrier.exchange) return release(content);
  const { out, http1, clock, onTrace } = context;
  const start = out.length;
  http1.writer.setTime(clock.wallMs);
  const headEnd = carrier.connection.sendReply(reply, out, clock.now);
  if (onTrace !== undefined) onTrace(traceReply(carrier.id, out.view(), start, headEnd));
  const { contentBytes, wantsContent } = carrier.connection;
  carrier.log?.reply(exchange, reply, contentBytes, !wantsContent);
  if (content === undefined || !wantsContent) release(content);
  else carrier.sendContent(content);
}
