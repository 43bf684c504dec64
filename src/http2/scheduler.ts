// Whose turn it is to send content: RFC 9218 §10.
import type { Stream } from "./streams.ts";

/**
 * Who sends next (RFC 9218 §10): the most urgent first. Among equals, those that want it at once and in one piece follow
 * each other by their number, and those that can be used in parts take turns, frame by frame. The first of the former
 * takes turns with all of the latter, so that neither kind waits for the other. Only streams with content are here, at
 * most a hundred, and they are looked through once for each frame.
 */
export class Scheduler {
  readonly waiting: Stream[] = [];
  #turn = 0;

  add(stream: Stream): void {
    stream.turn = ++this.#turn;
    this.waiting.push(stream);
  }

  remove(stream: Stream): void {
    const at = this.waiting.indexOf(stream);
    if (at < 0) return;
    const last = this.waiting.pop()!;
    if (last !== stream) this.waiting[at] = last;
  }

  /** A frame of the stream was sent. */
  noteSent(stream: Stream): void {
    stream.turn = ++this.#turn;
  }

  /** The stream that may send now. */
  next(): Stream | undefined {
    let whole: Stream | undefined;
    let part: Stream | undefined;
    for (const stream of this.waiting) {
      if (stream.isHeld || stream.window.left <= 0) continue;
      if (stream.isIncremental) {
        if (part === undefined || isBefore(stream, part, stream.turn - part.turn)) part = stream;
      } else if (whole === undefined || isBefore(stream, whole, stream.id - whole.id)) whole = stream;
    }
    if (whole === undefined || part === undefined) return whole ?? part;
    return isBefore(whole, part, whole.turn - part.turn) ? whole : part;
  }
}

function isBefore(one: Stream, other: Stream, order: number): boolean {
  return one.urgency === other.urgency ? order < 0 : one.urgency < other.urgency;
}
