// What is known of a client's connection at the step at which two servers part: the fields of each block, and what became of
// each stream so far, by what both have done. Made from the frames alone, not by the engine that is tested.

import { HpackDecoder } from "../../src/hpack/decoder.ts";
import { FieldSection } from "../../src/hpack/field-section.ts";
import { FLAG, FRAME } from "../../src/http2/frames.ts";
import { type Field, fieldsOf } from "./field-lists.ts";
import type { Reading } from "./frame-readings.ts";
import { type Frame, isBlock, type Step } from "./frame-steps.ts";

interface StreamHistory {
  /** The client waits for 100 (Continue). */
  readonly isExpecting: boolean;
  isEndedByClient: boolean;
  isEndedByServer: boolean;
  resetBy: "nobody" | "client" | "server";
}

const section = new FieldSection(64 * 1024, 1000);

export class History {
  readonly #streams = new Map<number, StreamHistory>();
  readonly #decoder = new HpackDecoder();
  #decoded: Step | undefined;
  #fields: Field[] | undefined;
  #last = 0;
  stepCount = 0;
  /** By how much the client has opened the windows of its streams. */
  openedBytes = 0;
  /** The client has said that it leaves. */
  isLeaving = false;

  constructor(steps: readonly Step[], reading: Reading) {
    for (const [index, step] of steps.entries()) this.#add(step, reading[index]!);
  }

  /** The fields of the block that comes next; undefined when it cannot be decoded. The first call counts. */
  fieldsOf(step: Step): Field[] | undefined {
    if (this.#decoded === step) return this.#fields;
    this.#decoded = step;
    const block = Buffer.concat(step.frames.map(fragmentOf));
    this.#fields = this.#decoder.decode(block, 0, block.length, section) === undefined ? fieldsOf(section) : undefined;
    return this.#fields;
  }

  /** Whether the client may not send content or fields on this stream, because it has ended its request, or one side the stream. */
  isEnded(stream: number): boolean {
    const found = this.#streams.get(stream);
    return found !== undefined && (found.isEndedByClient || found.resetBy !== "nobody");
  }

  /** Whether both sides have ended the stream, or one has reset it. */
  isOver(stream: number): boolean {
    const found = this.#streams.get(stream);
    return found !== undefined && ((found.isEndedByClient && found.isEndedByServer) || found.resetBy !== "nobody");
  }

  /** Whether the client may go on with its request on this stream. */
  isOpen(stream: number): boolean {
    return this.#streams.has(stream) && !this.isEnded(stream);
  }

  isExpecting(stream: number): boolean {
    return this.#streams.get(stream)?.isExpecting === true;
  }

  /** Whether no request may begin with this number: it is even, or one with this or a higher number has come. */
  isWrongNumber(stream: number): boolean {
    return !this.#streams.has(stream) && (stream % 2 === 0 || stream <= this.#last);
  }

  #add(step: Step, told: readonly string[]): void {
    this.stepCount++;
    const [first] = step.frames;
    if (first === undefined) return;
    const { type, flags, stream, length } = first;
    if (isBlock(step)) this.#addBlock(step, stream);
    const found = this.#streams.get(stream);
    const canEnd = type === FRAME.DATA || type === FRAME.HEADERS;
    if (found !== undefined && canEnd && (flags & FLAG.END_STREAM) !== 0) found.isEndedByClient = true;
    if (found !== undefined && type === FRAME.RST_STREAM && found.resetBy === "nobody") found.resetBy = "client";
    if (type === FRAME.GOAWAY && stream === 0 && length >= 8) this.isLeaving = true;
    if (type === FRAME.WINDOW_UPDATE && first.payload.length === 4) this.openedBytes += first.payload.readUInt32BE();
    for (const what of told) this.#hear(what);
  }

  #addBlock(step: Step, stream: number): void {
    const isExpecting = this.fieldsOf(step)?.some(([name]) => name === "expect") === true;
    if (this.#streams.has(stream) || this.isWrongNumber(stream)) return;
    this.#streams.set(stream, { isExpecting, isEndedByClient: false, isEndedByServer: false, resetBy: "nobody" });
    this.#last = stream;
  }

  /** What the server has done. */
  #hear(what: string): void {
    const [, verb, number] = /^(\w+) (\d+)/.exec(what) ?? [];
    const found = this.#streams.get(Number(number));
    if (found === undefined) return;
    if (verb === "reset") found.resetBy = "server";
    if (verb === "content" && what.endsWith(" end")) found.isEndedByServer = true;
  }
}

/** The part of a field block that is in a frame: without padding and priority. */
function fragmentOf({ type, flags, payload }: Frame): Buffer {
  if (type === FRAME.CONTINUATION) return payload;
  const isPadded = (flags & FLAG.PADDED) !== 0;
  const start = (isPadded ? 1 : 0) + ((flags & FLAG.PRIORITY) === 0 ? 0 : 5);
  return payload.subarray(start, Math.max(start, payload.length - (isPadded ? payload[0]! : 0)));
}
