// nghttp2 in a process of its own, which may fail without the test. It is sent sequences of a client, and sends its readings.
import { type Reading, readSteps } from "./frame-readings.ts";
import { Nghttp2Session } from "./nghttp2-session.ts";

process.on("message", (sequences: readonly Uint8Array[]) => {
  process.send!(sequences.map((bytes) => readTheirs(Buffer.from(bytes))));
});

function readTheirs(bytes: Buffer): Reading {
  const session = new Nghttp2Session();
  const reading = readSteps(bytes, (step) => ({ sent: session.receive(step), isOver: session.isOver }));
  session.close();
  return reading;
}
