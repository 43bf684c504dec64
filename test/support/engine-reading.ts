// The engine's reading of a client's frames: see frame-readings.ts. It answers each request as soon as its head has come.
import { OutputBuffer } from "../../src/http/output-buffer.ts";
import { Http2Connection } from "../../src/http2/connection.ts";
import { REPLY_BYTES, type Reading, readSteps } from "./frame-readings.ts";
import { textReply } from "./http1.ts";
import { newContext } from "./http2.ts";

const context = newContext();
const CONTENT = "x".repeat(REPLY_BYTES);
const REPLY = textReply(200, CONTENT);

export function readOurs(bytes: Buffer): Reading {
  const connection = new Http2Connection(context, 0);
  const out = new OutputBuffer();
  return readSteps(bytes, ({ bytes: part }) => {
    connection.receive(part, 0);
    const isOver = takeEvents(connection, out);
    return { sent: out.take(), isOver };
  });
}

/** Takes events and sends content until there is nothing to do. @returns whether the connection is over */
function takeEvents(connection: Http2Connection, out: OutputBuffer): boolean {
  for (let before = -1; before !== out.length; sendContent(connection, out)) {
    before = out.length;
    for (let event = connection.next(out); event !== undefined; event = connection.next(out)) {
      if (event.kind === "finish" || event.kind === "closed") return true;
      if (event.kind === "head") connection.sendReply(event.stream, REPLY, out, 0);
      if (event.kind === "rejected") refuse(connection, event.stream, event.rejection.status, out);
    }
  }
  return false;
}

function refuse(connection: Http2Connection, stream: number, status: number, out: OutputBuffer): void {
  connection.sendReply(stream, textReply(status, CONTENT), out, 0);
}

function sendContent(connection: Http2Connection, out: OutputBuffer): void {
  for (let stream = connection.nextStream(); stream !== 0; stream = connection.nextStream()) {
    connection.sendData(stream, Buffer.alloc(connection.allowance(stream)), out);
  }
}
