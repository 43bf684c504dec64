// Frames (RFC 9113 §4 and §6): their types, flags and error codes, what each type's head must look like, and how a
// frame is written. What a frame means is decided by connection.ts.
import type { OutputBuffer } from "../http/output-buffer.ts";

/** RFC 9113 §4.1. */
export const FRAME_HEAD_BYTES = 9;

/** The largest payload that we take, in bytes: SETTINGS_MAX_FRAME_SIZE stays at its default, RFC 9113 §4.2. */
export const FRAME_LIMIT_BYTES = 16_384;

/** RFC 9113 §3.4: what a client sends first. */
export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** RFC 9113 §6, and RFC 9218 §7.1 for the last one. */
export const FRAME = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
  PRIORITY_UPDATE: 0x10,
} as const;

/** The same bit means ACK on SETTINGS and PING, and END_STREAM on DATA and HEADERS. */
export const FLAG = { ACK: 0x1, END_STREAM: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;

/** RFC 9113 §7. */
export const ERROR_CODE = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

/** Where a type of frame belongs, and how long its payload may be, in bytes. */
interface FrameRule {
  readonly on: "connection" | "stream" | "either";
  readonly shortest: number;
  readonly longest: number;
}

// A PRIORITY frame of a wrong length is a mistake of its stream alone (RFC 9113 §6.3), so the table allows any.
const RULES: Readonly<Record<number, FrameRule>> = {
  [FRAME.DATA]: { on: "stream", shortest: 0, longest: FRAME_LIMIT_BYTES },
  [FRAME.HEADERS]: { on: "stream", shortest: 0, longest: FRAME_LIMIT_BYTES },
  [FRAME.PRIORITY]: { on: "stream", shortest: 0, longest: FRAME_LIMIT_BYTES },
  [FRAME.RST_STREAM]: { on: "stream", shortest: 4, longest: 4 },
  [FRAME.SETTINGS]: { on: "connection", shortest: 0, longest: FRAME_LIMIT_BYTES },
  [FRAME.PUSH_PROMISE]: { on: "stream", shortest: 0, longest: FRAME_LIMIT_BYTES },
  [FRAME.PING]: { on: "connection", shortest: 8, longest: 8 },
  [FRAME.GOAWAY]: { on: "connection", shortest: 8, longest: FRAME_LIMIT_BYTES },
  [FRAME.WINDOW_UPDATE]: { on: "either", shortest: 4, longest: 4 },
  [FRAME.CONTINUATION]: { on: "stream", shortest: 0, longest: FRAME_LIMIT_BYTES },
  [FRAME.PRIORITY_UPDATE]: { on: "connection", shortest: 4, longest: FRAME_LIMIT_BYTES },
};

export type FrameProblem = "FRAME_TOO_LARGE" | "STREAM_MISSING" | "STREAM_UNEXPECTED" | "FRAME_LENGTH_WRONG";

/** What is wrong with the head of a frame by itself. A type that nobody knows has no rule but its size, RFC 9113 §5.5. */
export function checkFrameHead(type: number, stream: number, length: number): FrameProblem | undefined {
  if (length > FRAME_LIMIT_BYTES) return "FRAME_TOO_LARGE";
  const rule = RULES[type];
  if (rule === undefined) return undefined;
  if (rule.on === "stream" && stream === 0) return "STREAM_MISSING";
  if (rule.on === "connection" && stream !== 0) return "STREAM_UNEXPECTED";
  return length < rule.shortest || length > rule.longest ? "FRAME_LENGTH_WRONG" : undefined;
}

export function writeFrameHead(out: OutputBuffer, length: number, type: number, flags: number, stream: number): void {
  const bytes = out.reserve(FRAME_HEAD_BYTES);
  setFrameHead(bytes, out.length, length, type, flags, stream);
  out.length += FRAME_HEAD_BYTES;
}

/** Writes the head of a frame over what is at `at`. */
export function setFrameHead(
  bytes: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  writeUint32(bytes, at + 5, stream);
}

export function writeRstStream(out: OutputBuffer, stream: number, code: number): void {
  writeFrameHead(out, 4, FRAME.RST_STREAM, 0, stream);
  appendUint32(out, code);
}

/** On stream 0 for the connection. */
export function writeWindowUpdate(out: OutputBuffer, stream: number, increment: number): void {
  writeFrameHead(out, 4, FRAME.WINDOW_UPDATE, 0, stream);
  appendUint32(out, increment);
}

export function writeGoaway(out: OutputBuffer, lastStream: number, code: number): void {
  writeFrameHead(out, 8, FRAME.GOAWAY, 0, 0);
  appendUint32(out, lastStream);
  appendUint32(out, code);
}

/** @param payload 8 bytes */
export function writePing(out: OutputBuffer, flags: number, payload: Uint8Array): void {
  writeFrameHead(out, 8, FRAME.PING, flags, 0);
  out.append(payload);
}

export function writeSettingsAck(out: OutputBuffer): void {
  writeFrameHead(out, 0, FRAME.SETTINGS, FLAG.ACK, 0);
}

/** 32 bits without a sign. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** 31 bits: the highest one is reserved and ignored, RFC 9113 §4.1 and §6.9. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) & 0x7fffffff;
}

function appendUint32(out: OutputBuffer, value: number): void {
  writeUint32(out.reserve(4), out.length, value);
  out.length += 4;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
