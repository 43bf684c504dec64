// Samples of a thread while somebody looks at the live page: what its connections do, and some of its requests. It is
// loaded and runs only then. A request costs one more call, and a few of each round are noted in full: the first ones, and
// those whose replies take longer than a moment, because the slowest are among them.
import { changedReply, whenOver } from "../../http/changed-reply.ts";
import type { Handler, Peer, Rejection, Reply, Request } from "../../http/message.ts";
import type { Observed } from "../../transport/activity.ts";
import { FOUND, sliceOf } from "../counter-layout.ts";
import { isWatched, type SampledRequest, type ThreadSample, writeSample } from "../samples.ts";
import type { ExchangeableHandler } from "./exchangeable-handler.ts";

/** As often as the page asks. */
const ROUND_MS = 500;
/** Of each round. A note costs about 2 us, so these are a thousandth of a thread's time at most. */
const QUICK_COUNT = 8;
const SLOW_COUNT = 48;
const KEPT_COUNT = 30;
const SHOWN_CONNECTIONS = 96;
const TARGET_LENGTH = 160;
const METHOD_LENGTH = 20;

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** The parts of a thread that are looked at. */
interface Sampled {
  readonly memory: SharedArrayBuffer;
  readonly slot: number;
  readonly connections: () => Iterable<Observed>;
  readonly connectionCount: () => number;
  /** How many paths were found without a look at the file system, so far. */
  readonly hotCount: () => number;
  /** The handler in use answers through this one; undefined ends that. */
  readonly tap: (around: ((handler: Handler) => Handler) | undefined) => void;
}

interface Thread {
  readonly memory: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly slot: number;
  readonly transport: { readonly observed: Iterable<Observed>; readonly connectionCount: number };
  readonly handler: Pick<ExchangeableHandler, "tap">;
}

export function newSampler({ memory, counters, slot, transport, handler }: Thread): Sampler {
  const slice = sliceOf(counters, slot);
  return new Sampler({
    memory,
    slot,
    connections: () => transport.observed,
    connectionCount: () => transport.connectionCount,
    hotCount: () => slice[FOUND]!,
    tap: (around) => handler.tap(around),
  });
}

export class Sampler {
  readonly #sampled: Sampled;
  readonly #requests: SampledRequest[] = [];
  #timer: NodeJS.Timeout | undefined;
  #quickLeft = QUICK_COUNT;
  #slowLeft = SLOW_COUNT;
  #serial = 0;

  constructor(sampled: Sampled) {
    this.#sampled = sampled;
  }

  /** Begins, unless it runs. It ends by itself when nobody looks any more. */
  begin(): void {
    if (this.#timer !== undefined || !isWatched(this.#sampled.memory)) return;
    this.#sampled.tap((handler) => this.#around(handler));
    this.#timer = setInterval(() => this.#round(), ROUND_MS);
    this.#write();
  }

  /** The thread is about to end. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#timer !== undefined) this.#sampled.tap(undefined);
    this.#timer = undefined;
  }

  #round(): void {
    if (!isWatched(this.#sampled.memory)) return this.end();
    this.#write();
    this.#quickLeft = QUICK_COUNT;
    this.#slowLeft = SLOW_COUNT;
  }

  #write(): void {
    const { memory, slot, connections, connectionCount } = this.#sampled;
    const shown: Writable<ThreadSample["connections"]> = [];
    for (const { id, activity, isHttp2, requestCount } of connections()) {
      if (shown.length === SHOWN_CONNECTIONS) break;
      shown.push([id, activity, isHttp2 ? 1 : 0, requestCount]);
    }
    writeSample(memory, slot, {
      connections: shown,
      connectionCount: connectionCount(),
      requests: this.#requests,
    });
  }

  #around({ handle, refuse }: Handler): Handler {
    return {
      handle: (request, peer) => {
        if (this.#quickLeft > 0) return this.#noteQuick(handle, request, peer);
        const reply = handle(request, peer);
        if (this.#slowLeft === 0 || !(reply instanceof Promise || isSlow(reply))) return reply;
        return this.#noteSlow(reply, this.#noteOf(request, peer));
      },
      refuse: (rejection) => {
        const reply = refuse(rejection);
        this.#noteRefusal(rejection, reply);
        return reply;
      },
    };
  }

  #noteQuick(handle: Handler["handle"], request: Request, peer: Peer): Reply | Promise<Reply> {
    this.#quickLeft--;
    const { hotCount } = this.#sampled;
    const before = hotCount();
    const note = this.#noteOf(request, peer);
    const startMs = performance.now();
    const reply = handle(request, peer);
    if (reply instanceof Promise || isSlow(reply)) return this.#noteSlow(reply, note);
    note.how = howOf(reply, hotCount() > before);
    this.#add(note, reply, startMs);
    return reply;
  }

  /** A reply that comes later, or whose content does: it is over when its content is released. */
  #noteSlow(reply: Reply | Promise<Reply>, note: Writable<SampledRequest>): Reply | Promise<Reply> {
    this.#slowLeft--;
    const startMs = performance.now();
    if (!(reply instanceof Promise)) return this.#untilReleased(reply, note, startMs);
    return reply.then((late) => this.#untilReleased(late, note, startMs));
  }

  #untilReleased(reply: Reply, note: Writable<SampledRequest>, startMs: number): Reply {
    note.how = howOf(reply);
    const done = (): void => this.#add(note, reply, startMs);
    const { content, fields } = reply;
    if (content !== undefined && isSlow(reply)) return changedReply(reply, fields, whenOver(content, done));
    done();
    return reply;
  }

  #noteOf(request: Request, peer: Peer): Writable<SampledRequest> {
    const { target } = request;
    return {
      serial: 0,
      atMs: Date.now(),
      connection: (peer as { id?: number }).id ?? 0,
      method: request.method.slice(0, METHOD_LENGTH),
      target: target.length > TARGET_LENGTH ? `${target.slice(0, TARGET_LENGTH)}…` : target,
      status: 0,
      bytes: 0,
      ms: 0,
      how: "",
    };
  }

  #noteRefusal({ code }: Rejection, reply: Reply): void {
    if (this.#slowLeft === 0) return;
    this.#slowLeft--;
    const note = { serial: 0, atMs: Date.now(), connection: 0, method: "", target: "", status: 0, bytes: 0, ms: 0 };
    this.#add({ ...note, how: `refused: ${code}` }, reply, performance.now());
  }

  #add(note: Writable<SampledRequest>, { status, content }: Reply, startMs: number): void {
    note.serial = ++this.#serial;
    note.status = status;
    note.bytes = content === undefined ? 0 : content.kind === "content" ? content.length : -1;
    note.ms = Math.round((performance.now() - startMs) * 1000) / 1000;
    this.#requests.push(note);
    if (this.#requests.length > KEPT_COUNT) this.#requests.shift();
  }
}

/** Whether a reply may not be over in the turn in which its request came. */
function isSlow({ content }: Reply): boolean {
  return content !== undefined && (content.kind === "stream" || content.file !== undefined);
}

/** In the words of `heddle explain`, as far as a reply tells. @param isHot whether its plan was fresh */
function howOf({ status, fields, content }: Reply, isHot = false): string {
  const [, location] = /^location: *([^\r\n]*)/im.exec(fields) ?? [];
  if (location !== undefined) return `redirect to ${location.slice(0, TARGET_LENGTH)}`;
  if (status === 304) return "not modified";
  if (status === 404) return "not found";
  if (status === 401) return "wants a password";
  if (status >= 400) return "refused";
  if (content === undefined) return "no content";
  if (content.kind === "stream") return "made while it is sent";
  if (content.file !== undefined) return "sent from the file";
  return isHot ? "found in memory" : "looked up";
}
