// One connection's part in the access log: what is known of each exchange until its reply is sent or cut, and then the line.
// A reply that is written as a whole while its request lies in the input costs no copy. For any other, the request is copied.
import { type ClientCertificate, type Peer, type Reply, UNKNOWN_ADDRESS } from "../http/message.ts";
import { CACHE, type CacheOutcome } from "../http/notes.ts";
import type { RequestHead } from "../http/request-head.ts";
import type { AccessLog } from "../telemetry/access-log/access-log.ts";
import type { AccessRecord } from "../telemetry/access-log/access-record.ts";
import type { Clock } from "./clock.ts";

/** As nginx writes it, and as programs for logs know it: the connection was over before there was a reply. */
const STATUS_OF_NO_REPLY = 499;

/** A connection, as its log sees it. */
interface LoggedConnection extends Pick<Peer, "address" | "scheme"> {
  readonly id: number;
  readonly certificate?: ClientCertificate | undefined;
}

class Entry implements AccessRecord {
  wallMs = 0;
  durationUs = 0;
  client = "";
  scheme: AccessRecord["scheme"] = "http";
  /** Of the certificate of the connection; "" for none. */
  subject = "";
  request: RequestHead | undefined;
  protocol: AccessRecord["protocol"] = "";
  /** 0 until there is a reply. */
  status = 0;
  contentBytes = 0;
  isCut = false;
  thread = 0;
  connection = 0;
  exchange = 0;
  startedMs = 0;
  /** Of the reply, as they are sent. */
  fields = "";

  get user(): string {
    return this.request?.notes.user || this.subject;
  }

  get cache(): CacheOutcome {
    return this.request?.notes.cache ?? CACHE.none;
  }

  get headBytes(): number {
    const { request } = this;
    return request === undefined ? 0 : request.end - request.start;
  }

  /** Only some formats ask for it. */
  get coding(): string {
    return codingOf(this.fields);
  }
}

let [lastFields, lastCoding] = ["", ""];

/** Most replies of a plan have the very same fields. */
function codingOf(fields: string): string {
  if (fields !== lastFields) {
    lastFields = fields;
    lastCoding = /^content-encoding: *([^\r\n]*)/im.exec(fields)?.[1] ?? "";
  }
  return lastCoding;
}

export class ConnectionLog {
  readonly #log: AccessLog;
  readonly #clock: Clock;
  readonly #connection: LoggedConnection;
  readonly #isHttp2: boolean;
  /** Asked for once: it costs a system call, and nobody knows it after the end. */
  #client: string | undefined;
  #subject: string | undefined;
  /** The exchange that has begun last, while its request lies in the input; 0 for none. */
  #exchange = 0;
  #request: RequestHead | undefined;
  /** Who asks: the connection itself, or somebody behind it. */
  #peer: Pick<Peer, "address" | "scheme"> | undefined;
  #startedMs = 0;
  /** For replies that are written as a whole: nobody keeps it. */
  readonly #scratch = new Entry();
  /** Those that are not over when their request leaves the input. */
  readonly #held = new Map<number, Entry>();

  constructor(log: AccessLog, clock: Clock, connection: LoggedConnection, isHttp2: boolean) {
    this.#log = log;
    this.#clock = clock;
    this.#connection = connection;
    this.#isHttp2 = isHttp2;
  }

  /** A request has come. It need not stay valid any longer than until the next call. */
  begin(exchange: number, request: RequestHead, peer: Pick<Peer, "address" | "scheme">): void {
    this.#exchange = exchange;
    this.#request = request;
    this.#peer = peer;
    this.#startedMs = this.#nowMs();
  }

  /** The reply to the request at hand comes later. */
  hold(): void {
    const entry = this.#begun(new Entry(), this.#exchange);
    entry.request = this.#request!.retain();
    this.#held.set(this.#exchange, entry);
    this.#exchange = 0;
  }

  /** The engine refuses the content of a request, and the number of its exchange with it. */
  renumber(before: number, exchange: number): void {
    const entry = this.#held.get(before);
    if (entry === undefined) return;
    this.#held.delete(before);
    entry.exchange = exchange;
    this.#held.set(exchange, entry);
  }

  /**
   * The head of the reply is written.
   * @param isWhole whether all of its content is, too
   */
  reply(exchange: number, { status, fields }: Reply, contentBytes: number, isWhole: boolean): void {
    const held = this.#held.size === 0 ? undefined : this.#held.get(exchange);
    const entry = held ?? this.#begun(isWhole ? this.#scratch : new Entry(), exchange);
    entry.status = status;
    entry.fields = fields;
    entry.contentBytes = contentBytes;
    if (isWhole) return this.#write(entry, false);
    if (held !== undefined) return;
    entry.request = entry.request?.retain();
    this.#held.set(exchange, entry);
    this.#exchange = 0;
  }

  /** Content was given to the system. */
  count(exchange: number, bytes: number): void {
    const entry = this.#held.get(exchange);
    if (entry !== undefined) entry.contentBytes += bytes;
  }

  /**
   * The exchange is over. Does nothing for one that was over before.
   * @param isCut whether the content was not sent to its end
   * @param contentBytes how much of it was given to the system; if not told, what was counted
   */
  end(exchange: number, isCut: boolean, contentBytes?: number): void {
    const entry = this.#held.get(exchange);
    if (entry === undefined) return;
    if (entry.status === 0) entry.status = STATUS_OF_NO_REPLY;
    else if (contentBytes !== undefined) entry.contentBytes = contentBytes;
    this.#write(entry, isCut);
  }

  /** The connection is closed: all that was not sent is cut. */
  drop(): void {
    for (const exchange of [...this.#held.keys()]) this.end(exchange, true);
  }

  /** With the request at hand, if it is of this exchange; a refused one has none. */
  #begun(entry: Entry, exchange: number): Entry {
    const { id } = this.#connection;
    const isAtHand = exchange === this.#exchange;
    entry.client = isAtHand ? this.#clientOf(this.#peer!) : this.#ownClient();
    this.#subject ??= this.#connection.certificate?.subject ?? "";
    entry.subject = this.#subject;
    entry.connection = id;
    entry.thread = this.#log.thread;
    entry.scheme = isAtHand ? this.#peer!.scheme : this.#connection.scheme;
    entry.exchange = exchange;
    entry.wallMs = this.#clock.wallMs;
    entry.startedMs = isAtHand ? this.#startedMs : this.#nowMs();
    entry.request = isAtHand ? this.#request : undefined;
    entry.protocol = this.#protocolOf(entry.request);
    return entry;
  }

  #clientOf(peer: Pick<Peer, "address" | "scheme">): string {
    if (peer === this.#connection) return this.#ownClient();
    return peer.address === UNKNOWN_ADDRESS ? "" : peer.address;
  }

  #ownClient(): string {
    // What the kernel transport says when the peer is gone already.
    this.#client ??= this.#connection.address.replace("nowhere", "");
    return this.#client;
  }

  /** Asked for where somebody wants to know it only: it is not free. */
  #nowMs(): number {
    return this.#log.hasDuration ? this.#clock.exactMs() : 0;
  }

  #protocolOf(request: RequestHead | undefined): AccessRecord["protocol"] {
    if (this.#isHttp2) return "HTTP/2.0";
    if (request === undefined) return "";
    return request.minorVersion === 0 ? "HTTP/1.0" : "HTTP/1.1";
  }

  #write(entry: Entry, isCut: boolean): void {
    if (this.#held.size > 0) this.#held.delete(entry.exchange);
    entry.isCut = isCut;
    entry.durationUs = (this.#nowMs() - entry.startedMs) * 1000;
    this.#log.write(entry);
  }
}
