// The mistakes of a step by itself, each by the error code that RFC 9113 gives it. Where there are several, a server names the
// one that it finds first.
import { FLAG, FRAME, FRAME_LIMIT_BYTES } from "../../src/http2/frames.ts";
import type { History } from "./frame-history.ts";
import type { Frame, Step } from "./frame-steps.ts";

const LENGTHS = new Map<number, (length: number) => boolean>([
  [FRAME.PRIORITY, (length) => length === 5],
  [FRAME.RST_STREAM, (length) => length === 4],
  [FRAME.SETTINGS, (length) => length % 6 === 0],
  [FRAME.PUSH_PROMISE, (length) => length >= 4],
  [FRAME.PING, (length) => length === 8],
  [FRAME.GOAWAY, (length) => length >= 8],
  [FRAME.WINDOW_UPDATE, (length) => length === 4],
  [FRAME.PRIORITY_UPDATE, (length) => length >= 4],
]);
const OF_CONNECTION: readonly number[] = [FRAME.SETTINGS, FRAME.PING, FRAME.GOAWAY, FRAME.PRIORITY_UPDATE];
const OF_STREAM: readonly number[] = [
  ...[FRAME.DATA, FRAME.HEADERS, FRAME.PRIORITY, FRAME.RST_STREAM, FRAME.PUSH_PROMISE, FRAME.CONTINUATION],
];

export function mistakesOf(step: Step, history: History): Set<string> {
  const mistakes = step.frames.flatMap((frame, index) => [
    ...frameMistakes(frame, history),
    ...orderMistakes(step, index, history),
  ]);
  if (step.frames[0]?.type === FRAME.HEADERS && history.fieldsOf(step) === undefined)
    mistakes.push("COMPRESSION_ERROR");
  return new Set(mistakes);
}

function* frameMistakes(frame: Frame, history: History): Generator<string> {
  const { type, flags, stream, length } = frame;
  if (length > FRAME_LIMIT_BYTES || LENGTHS.get(type)?.(length) === false) yield "FRAME_SIZE_ERROR";
  if (type === FRAME.SETTINGS && (flags & FLAG.ACK) !== 0 && length > 0) yield "FRAME_SIZE_ERROR";
  if (stream === 0 ? OF_STREAM.includes(type) : OF_CONNECTION.includes(type)) yield "PROTOCOL_ERROR";
  if (type === FRAME.PUSH_PROMISE) yield "PROTOCOL_ERROR";
  if (isPaddingTooLong(frame)) yield "PROTOCOL_ERROR";
  if (length < lengthOfExtras(frame)) yield "FRAME_SIZE_ERROR";
  if (dependencyOf(frame) === stream) yield "PROTOCOL_ERROR";
  if (type !== FRAME.SETTINGS) return;
  for (const [name, value] of settingsOf(frame)) {
    yield* settingMistakes(name, value);
    // RFC 9218 §2.1: the value cannot change after the first SETTINGS.
    if (name === 9 && value === 1 && history.stepCount > 1) yield "PROTOCOL_ERROR";
    // RFC 9113 §6.9.2: some stream's window may grow too large.
    if (name === 4 && value + history.openedBytes > 0x7fffffff) yield "FLOW_CONTROL_ERROR";
  }
}

/** RFC 9113 §6.1 and §6.2. */
export function isPaddingTooLong(frame: Frame): boolean {
  const { type, flags, payload, length } = frame;
  const isPadded = (type === FRAME.DATA || type === FRAME.HEADERS) && (flags & FLAG.PADDED) !== 0;
  return isPadded && (payload[0] ?? 0) + lengthOfExtras(frame) > length;
}

/** What precedes content or fields: the length of the padding, and the priority of RFC 7540. */
function lengthOfExtras({ type, flags }: Frame): number {
  const canBePadded = type === FRAME.DATA || type === FRAME.HEADERS;
  const padding = canBePadded && (flags & FLAG.PADDED) !== 0 ? 1 : 0;
  return type === FRAME.HEADERS && (flags & FLAG.PRIORITY) !== 0 ? padding + 5 : padding;
}

/** The number that the content of the frame begins with. */
export function firstNumberOf({ payload }: Frame): number {
  return payload.length < 4 ? -1 : payload.readUInt32BE() & 0x7fffffff;
}

/** The stream that this one depends on by the priorities of RFC 7540; -1 for none. */
export function dependencyOf(frame: Frame): number {
  const { type, flags, payload } = frame;
  if (type === FRAME.PRIORITY) return firstNumberOf(frame);
  if (type !== FRAME.HEADERS || (flags & FLAG.PRIORITY) === 0) return -1;
  const start = (flags & FLAG.PADDED) === 0 ? 0 : 1;
  return payload.length < start + 4 ? -1 : payload.readUInt32BE(start) & 0x7fffffff;
}

export function settingsOf({ payload }: Frame): (readonly [name: number, value: number])[] {
  return Array.from({ length: Math.floor(payload.length / 6) }, (_, index) => [
    payload.readUInt16BE(index * 6),
    payload.readUInt32BE(index * 6 + 2),
  ]);
}

/** RFC 9113 §6.5.2, RFC 8441 §3 and RFC 9218 §2.1. */
export function settingMistakes(name: number, value: number): string[] {
  const isFlag = name === 2 || name === 8 || name === 9;
  const isFrameLimit = name === 5 && (value < FRAME_LIMIT_BYTES || value > 0xffffff);
  if ((isFlag && value > 1) || isFrameLimit) return ["PROTOCOL_ERROR"];
  return name === 4 && value > 0x7fffffff ? ["FLOW_CONTROL_ERROR"] : [];
}

/** RFC 9113 §3.4, §5.1, §5.1.1 and §6.10. */
function* orderMistakes({ frames }: Step, index: number, history: History): Generator<string> {
  const { type, flags, stream } = frames[index]!;
  const isSettings = type === FRAME.SETTINGS && (flags & FLAG.ACK) === 0;
  if (history.stepCount === 1 && index === 0 && !isSettings) yield "PROTOCOL_ERROR";
  const isContinued = type === FRAME.CONTINUATION && stream === frames[0]!.stream;
  if (index === 0 ? type === FRAME.CONTINUATION : !isContinued) yield "PROTOCOL_ERROR";
  if (index > 0) return;
  if ((type === FRAME.HEADERS || type === FRAME.DATA) && history.isEnded(stream)) yield "STREAM_CLOSED";
  if (type === FRAME.HEADERS && history.isWrongNumber(stream)) yield "PROTOCOL_ERROR";
}
