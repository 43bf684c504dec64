// A server of HTTP/2 as nghttp2 has it: the copy inside Node, called through node:ffi. Linux only, as the rest that uses
// node:ffi. Every request is answered at once, with a short content.

import { DEFAULT_LIMITS } from "../../src/http1/limits.ts";
import { FRAME } from "../../src/http2/frames.ts";
import { DEFAULT_HTTP2_LIMITS } from "../../src/http2/limits.ts";
import { ownSettings } from "../../src/http2/settings.ts";
import { ffi } from "../../src/linux/ffi.ts";
import { Pinned } from "../../src/linux/pinned.ts";
import { registers, registersToPointer } from "../../src/linux/signatures.ts";
import { REPLY_BYTES } from "./frame-readings.ts";
import { isBlock, type Step } from "./frame-steps.ts";

const { functions: call } = ffi.dlopen(null, {
  nghttp2_option_new: registers(1),
  nghttp2_option_set_builtin_recv_extension_type: registers(2),
  nghttp2_session_callbacks_new: registers(1),
  nghttp2_session_server_new2: registers(4),
  nghttp2_session_del: registers(1),
  nghttp2_session_mem_recv2: registers(3),
  nghttp2_session_mem_send2: registers(2),
  nghttp2_session_find_stream: registersToPointer(2),
  nghttp2_stream_get_state: registers(1),
  nghttp2_submit_settings: registers(4),
  nghttp2_submit_response2: registers(5),
});

const STATE_OPEN = 2;
const STATE_HALF_CLOSED_REMOTE = 6;
const DATA_FLAG_EOF = 1;

const input = new Pinned(1 << 20);
const pointer = new Pinned(8);
const callbacks = made(call.nghttp2_session_callbacks_new(pointer.at(0, 8)));
const options = made(call.nghttp2_option_new(pointer.at(0, 8)));
call.nghttp2_option_set_builtin_recv_extension_type(options, BigInt(FRAME.PRIORITY_UPDATE));

/** nghttp2_settings_entry: name and value, four bytes each. They are the engine's. */
const announced = ownSettings({ ...DEFAULT_LIMITS, ...DEFAULT_HTTP2_LIMITS });
const settingCount = announced.length / 6;
const settings = new Pinned(8 * settingCount);
for (let index = 0; index < settingCount; index++) {
  settings.bytes.writeInt32LE(announced.readUInt16BE(index * 6), index * 8);
  settings.bytes.writeUInt32LE(announced.readUInt32BE(index * 6 + 2), index * 8 + 4);
}

/** nghttp2_nv: two pointers, two lengths, and flags. */
const field = new Pinned(40);
const text = new Pinned(10);
text.bytes.write(":status200", "latin1");
for (const [place, value] of [text.at(0, 7), text.at(7, 3), 7n, 3n].entries()) {
  field.bytes.writeBigUInt64LE(value, place * 8);
}

export class Nghttp2Session {
  /** nghttp2 calls into it. A variable that no function uses would be collected, though its module lives on. */
  static readonly #library = new ffi.DynamicLibrary(null);
  static readonly #content: Pinned = contentOf(Nghttp2Session.#library);
  readonly #self: bigint;
  readonly #answered = new Set<number>();
  /** Mistakes about which nghttp2 does not even send GOAWAY. */
  isOver = false;

  constructor() {
    this.#self = made(call.nghttp2_session_server_new2(pointer.at(0, 8), callbacks, 0n, options));
    const entries = settings.at(0, settings.bytes.length);
    checked(call.nghttp2_submit_settings(this.#self, 0n, entries, BigInt(settingCount)));
  }

  /** Takes what the client sends. @returns what the server sends */
  receive(step: Step): Buffer {
    const { bytes, frames } = step;
    input.bytes.set(bytes);
    const read = call.nghttp2_session_mem_recv2(this.#self, input.at(0, bytes.length), BigInt(bytes.length));
    this.isOver = read < 0;
    const sent = [...this.#send()];
    if (isBlock(step) && this.#isOwed(frames[0]!.stream)) {
      this.#answer(frames[0]!.stream);
      sent.push(...this.#send());
    }
    return Buffer.concat(sent);
  }

  close(): void {
    call.nghttp2_session_del(this.#self);
  }

  *#send(): Generator<Buffer> {
    for (;;) {
      const length = checked(call.nghttp2_session_mem_send2(this.#self, pointer.at(0, 8)));
      if (length === 0) return;
      yield ffi.toBuffer(pointer.bytes.readBigUInt64LE(), length);
    }
  }

  #answer(stream: number): void {
    this.#answered.add(stream);
    const [first, provider] = [field.at(0, 40), Nghttp2Session.#content.at(0, 16)];
    checked(call.nghttp2_submit_response2(this.#self, BigInt(stream), first, 1n, provider));
  }

  #isOwed(id: number): boolean {
    if (this.#answered.has(id)) return false;
    const stream = call.nghttp2_session_find_stream(this.#self, BigInt(id));
    if (stream === 0n) return false;
    const state = call.nghttp2_stream_get_state(stream);
    return state === STATE_OPEN || state === STATE_HALF_CLOSED_REMOTE;
  }
}

/** nghttp2_data_provider2: the source, and the callback. */
function contentOf(library: InstanceType<typeof ffi.DynamicLibrary>): Pinned {
  const content = new Pinned(16);
  content.bytes.writeInt32LE(REPLY_BYTES);
  content.bytes.writeBigUInt64LE(readerOf(library), 8);
  return content;
}

/** nghttp2 asks for content while it may send some. How much is left is kept in the place for a descriptor. */
function readerOf(library: InstanceType<typeof ffi.DynamicLibrary>): bigint {
  return library.registerCallback(
    { return: "int64", arguments: ["uint64", "int32", "uint64", "uint64", "uint64", "uint64", "uint64"] },
    (_session, _stream, _memory, limit, flags, source) => {
      const left = ffi.getInt32(source, 0);
      const count = Math.min(left, Number(limit));
      ffi.setInt32(source, 0, left - count);
      if (count === left) ffi.setUint32(flags, 0, DATA_FLAG_EOF);
      return BigInt(count);
    },
  );
}

/** What was made is in `pointer`. */
function made(result: number): bigint {
  checked(result);
  return pointer.bytes.readBigUInt64LE();
}

function checked(result: number): number {
  if (result < 0) throw new Error(`nghttp2 answered ${result}`);
  return result;
}
