// How a server reads the frames of a client, so that two can be compared: what it does after each step, in words. The end of
// the connection is the last of them. The engine is read in engine-reading.ts, and nghttp2 in
// nghttp2-process.ts.
import { ERROR_CODE, FLAG, FRAME, FRAME_HEAD_BYTES } from "../../src/http2/frames.ts";
import { type Step, stepsOf } from "./frame-steps.ts";

/** How long the content is with which every request is answered. It is more than some of the windows that clients open. */
export const REPLY_BYTES = 300;

/** Of each step, sorted: "answered 1", "content 1 300 end", "reset 1 PROTOCOL_ERROR", "acknowledged", "pong"; or "GOAWAY ...". */
export type Reading = readonly string[][];

/** @param take gives what a server sends after a step, and whether it has ended the connection */
export function readSteps(bytes: Buffer, take: (step: Step) => { sent: Buffer; isOver: boolean }): Reading {
  const reading: string[][] = [];
  for (const step of stepsOf(bytes)) {
    const { sent, isOver } = take(step);
    const told = tell(sent);
    reading.push(told);
    const hasGoaway = told[0]?.startsWith("GOAWAY") === true;
    if (isOver && !hasGoaway) told.push("closed");
    if (isOver || hasGoaway) break;
  }
  return reading;
}

function tell(sent: Buffer): string[] {
  const told = new Set<string>();
  const contents = new Map<number, number>();
  const ended = new Set<number>();
  for (let at = 0; at < sent.length; at += FRAME_HEAD_BYTES + sent.readUIntBE(at, 3)) {
    const [length, type, flags, stream] = [
      sent.readUIntBE(at, 3),
      sent[at + 3],
      sent[at + 4]!,
      sent.readUInt32BE(at + 5),
    ];
    switch (type) {
      case FRAME.GOAWAY:
        // What else is reset then is not compared: some do it stream by stream, and some do not.
        return [`GOAWAY ${nameOf(sent.readUInt32BE(at + 13))}`];
      case FRAME.HEADERS:
        told.add(`answered ${stream}`);
        break;
      case FRAME.DATA:
        contents.set(stream, (contents.get(stream) ?? 0) + length);
        if ((flags & FLAG.END_STREAM) !== 0) ended.add(stream);
        break;
      case FRAME.RST_STREAM:
        told.add(`reset ${stream} ${nameOf(sent.readUInt32BE(at + 9))}`);
        break;
      case FRAME.SETTINGS:
        if ((flags & FLAG.ACK) !== 0) told.add("acknowledged");
        break;
      case FRAME.PING:
        told.add("pong");
        break;
      default:
    }
  }
  for (const [stream, length] of contents) told.add(`content ${stream} ${length}${ended.has(stream) ? " end" : ""}`);
  return [...told].sort();
}

function nameOf(code: number): string {
  return Object.entries(ERROR_CODE).find(([, number]) => number === code)?.[0] ?? String(code);
}
