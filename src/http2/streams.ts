// The streams of a connection: those that are open, at most `concurrentStreamLimitCount` and the few that are refused, and
// how the last ones ended. A frame that comes for a stream that is over means something else after an end than after a
// reset (RFC 9113 §5.1).
import { ProtocolMisuseError } from "../http/protocol-misuse.ts";
import { SendWindow } from "./flow-control.ts";
import { DEFAULT_URGENCY } from "./priority.ts";
import type { RequestContent } from "./request-content.ts";
import { REPLY, STREAM } from "./state.ts";

export class Stream {
  readonly id: number;
  /** The number of a state of STREAM. */
  state: number = STREAM.at.open;
  /** The number of a state of REPLY. */
  reply: number = REPLY.at.owed;
  /** The reply to HEAD has no content, RFC 9110 §9.3.2. */
  isHead = false;
  /** The content of the request; undefined when it has none. */
  content: RequestContent | undefined;
  readonly window: SendWindow;
  /** How many bytes of the reply are still owed; Infinity for a stream of unknown length. */
  left = 0;
  interimCount = 0;
  /** RFC 9218 §4. */
  urgency: number = DEFAULT_URGENCY;
  isIncremental = false;
  /** Nothing of the content is at hand now. */
  isHeld = false;
  /** When it was last its turn: see Scheduler. */
  turn = 0;
  constructor(id: number, windowBytes: number) {
    this.id = id;
    this.window = new SendWindow(windowBytes);
  }

  /** Whether a reply is owed or being sent: then the transport is told when the stream ends before it. */
  get isOwed(): boolean {
    return this.reply !== REPLY.at.done;
  }

  /** @throws {ProtocolMisuseError} where the table has no such step */
  move(step: number): void {
    const state = STREAM.next(this.state, step);
    if (state < 0) throw new ProtocolMisuseError(`stream ${this.id} cannot do that while ${STREAM.nameOf(this.state)}`);
    this.state = state;
  }

  /** @throws {ProtocolMisuseError} where the table has no such step */
  moveReply(step: number): void {
    const state = REPLY.next(this.reply, step);
    if (state < 0) throw new ProtocolMisuseError(`the reply of stream ${this.id} is ${REPLY.nameOf(this.reply)}`);
    this.reply = state;
  }
}

/** How a stream ended, or that it never began. */
export const FATE = { forgotten: 0, idle: 1, ended: 2, resetByPeer: 3, resetBySelf: 4 } as const;

/** How many ends are remembered, a power of two. A peer that has not seen a reset yet is within this many streams. */
const REMEMBERED_COUNT = 128;

export class StreamTable {
  /** The highest number that a request has had. */
  last = 0;
  readonly #open: Map<number, Stream> = new Map();
  readonly #ends: Int32Array = new Int32Array(REMEMBERED_COUNT);
  readonly #fates: Uint8Array = new Uint8Array(REMEMBERED_COUNT);
  #endCount = 0;

  get count(): number {
    return this.#open.size;
  }

  find(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  open(id: number, windowBytes: number): Stream {
    const stream = new Stream(id, windowBytes);
    this.#open.set(id, stream);
    this.last = id;
    return stream;
  }

  /** Forgets a stream that is over. @param fate one of FATE */
  close(id: number, fate: number): void {
    this.#open.delete(id);
    const at = this.#endCount++ & (REMEMBERED_COUNT - 1);
    this.#ends[at] = id;
    this.#fates[at] = fate;
  }

  /** Of a stream that is not open. Even numbers would be ours, and we open none. */
  fateOf(id: number): number {
    if (id > this.last || id % 2 === 0) return FATE.idle;
    const at = this.#ends.indexOf(id);
    return at < 0 ? FATE.forgotten : this.#fates[at]!;
  }

  values(): IterableIterator<Stream> {
    return this.#open.values();
  }
}
