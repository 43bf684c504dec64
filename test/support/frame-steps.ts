// The bytes of a client of HTTP/2, one step after another, so that two servers can be asked after each what they have done.
// A step is a frame, or a field block with all of its frames: whether a reader decodes its fragments one by one or together
// is its own matter.
import { FLAG, FRAME, FRAME_HEAD_BYTES, PREFACE } from "../../src/http2/frames.ts";

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
  /** The length that its head tells. There may be less. */
  readonly length: number;
}

export interface Step {
  readonly bytes: Buffer;
  /** None for the preface. */
  readonly frames: readonly Frame[];
}

export function stepsOf(bytes: Buffer): Step[] {
  const steps: Step[] = [{ bytes: bytes.subarray(0, PREFACE.length), frames: [] }];
  let start = PREFACE.length;
  let frames: Frame[] = [];
  for (let at = start; at < bytes.length; ) {
    const found = frameAt(bytes, at);
    frames.push(found);
    at = Math.min(bytes.length, at + FRAME_HEAD_BYTES + found.length);
    if (at < bytes.length && isBlockOpen(frames)) continue;
    steps.push({ bytes: bytes.subarray(start, at), frames });
    frames = [];
    start = at;
  }
  return steps;
}

function frameAt(bytes: Buffer, at: number): Frame {
  // What is missing of a head is made up of zeros: such a frame is never complete.
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  bytes.copy(head, 0, at);
  const length = at + FRAME_HEAD_BYTES > bytes.length ? 1 : head.readUIntBE(0, 3);
  const payload = bytes.subarray(at + FRAME_HEAD_BYTES, at + FRAME_HEAD_BYTES + length);
  return { type: head[3]!, flags: head[4]!, stream: head.readUInt32BE(5) & 0x7fffffff, payload, length };
}

/** Whether HEADERS have come and further fragments may. */
function isBlockOpen(frames: readonly Frame[]): boolean {
  return isFragment(frames) && !isLastFragment(frames.at(-1)!);
}

/** Whether the step is a field block with all of its fragments. */
export function isBlock({ frames }: Step): boolean {
  return frames.length > 0 && isFragment(frames) && isLastFragment(frames.at(-1)!) && isWhole(frames.at(-1)!);
}

function isFragment(frames: readonly Frame[]): boolean {
  return frames.at(-1)!.type === (frames.length === 1 ? FRAME.HEADERS : FRAME.CONTINUATION);
}

function isLastFragment({ flags }: Frame): boolean {
  return (flags & FLAG.END_HEADERS) !== 0;
}

export function isWhole({ payload, length }: Frame): boolean {
  return payload.length === length;
}
