// SETTINGS (RFC 9113 §6.5): what we announce, and what the peer's settings are.
import type { OutputBuffer } from "../http/output-buffer.ts";
import { DEFAULT_WINDOW_BYTES, GREATEST_WINDOW_BYTES } from "./flow-control.ts";
import { FRAME, FRAME_LIMIT_BYTES, readUint32, writeFrameHead } from "./frames.ts";
import type { EngineLimits } from "./limits.ts";
import type { ConnectionProblem } from "./problems.ts";

/** RFC 9113 §6.5.2, and RFC 9218 §2.1 for the last one. */
export const SETTING = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  NO_RFC7540_PRIORITIES: 0x9,
} as const;

const ENTRY_BYTES = 6;
const GREATEST_FRAME_BYTES = 0xffffff;

/** The payload of our only SETTINGS frame. What it does not name keeps its default. */
export function ownSettings(limits: EngineLimits): Buffer {
  const entries = [
    [SETTING.MAX_CONCURRENT_STREAMS, limits.concurrentStreamLimitCount],
    [SETTING.MAX_HEADER_LIST_SIZE, limits.headLimitBytes],
    [SETTING.NO_RFC7540_PRIORITIES, 1],
  ] as const;
  const payload = Buffer.alloc(entries.length * ENTRY_BYTES);
  for (const [index, [name, value]] of entries.entries()) {
    payload.writeUInt16BE(name, index * ENTRY_BYTES);
    payload.writeUInt32BE(value, index * ENTRY_BYTES + 2);
  }
  return payload;
}

export function writeSettings(payload: Buffer, out: OutputBuffer): void {
  writeFrameHead(out, payload.length, FRAME.SETTINGS, 0, 0);
  out.append(payload);
}

export class PeerSettings {
  /** The window of each new stream of ours, in bytes. */
  initialWindowBytes: number = DEFAULT_WINDOW_BYTES;
  /** The largest frame that the peer takes. */
  frameLimitBytes: number = FRAME_LIMIT_BYTES;
  /** The last SETTINGS_HEADER_TABLE_SIZE of the frame at hand; undefined when the frame has none. */
  tableBytes: number | undefined;
  /** RFC 9218 §2.1: the value must not change after the first frame. */
  #hasNoPriorities: number | undefined;
  #isFirst = true;

  /** Obeys the payload of one frame, in its order: RFC 9113 §6.5.3. */
  apply(bytes: Buffer, start: number, end: number): ConnectionProblem | undefined {
    if ((end - start) % ENTRY_BYTES !== 0) return "FRAME_LENGTH_WRONG";
    this.tableBytes = undefined;
    for (let at = start; at < end; at += ENTRY_BYTES) {
      const problem = this.#set((bytes[at]! << 8) | bytes[at + 1]!, readUint32(bytes, at + 2));
      if (problem !== undefined) return problem;
    }
    this.#hasNoPriorities ??= 0;
    this.#isFirst = false;
    return undefined;
  }

  /** RFC 9113 §6.5.2. A setting that we do not know is ignored. */
  #set(name: number, value: number): ConnectionProblem | undefined {
    switch (name) {
      case SETTING.HEADER_TABLE_SIZE:
        this.tableBytes = value;
        return undefined;
      case SETTING.ENABLE_PUSH:
        return value > 1 ? "SETTING_INVALID" : undefined;
      case SETTING.INITIAL_WINDOW_SIZE:
        if (value > GREATEST_WINDOW_BYTES) return "SETTING_WINDOW_TOO_LARGE";
        this.initialWindowBytes = value;
        return undefined;
      case SETTING.MAX_FRAME_SIZE:
        if (value < FRAME_LIMIT_BYTES || value > GREATEST_FRAME_BYTES) return "SETTING_INVALID";
        this.frameLimitBytes = value;
        return undefined;
      case SETTING.NO_RFC7540_PRIORITIES:
        if (value > 1 || (!this.#isFirst && value !== this.#hasNoPriorities)) return "SETTING_INVALID";
        this.#hasNoPriorities = value;
        return undefined;
      default:
        return undefined;
    }
  }
}
