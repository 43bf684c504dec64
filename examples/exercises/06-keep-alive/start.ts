// Exercise 6: one connection, many requests. README.md has the task.
import type { Socket } from "node:net";
import {
  Connection,
  HeadParser,
  HeadWriter,
  DEFAULT_LIMITS as limits,
  OutputBuffer,
  type Reply,
  type RequestHead,
} from "../../../src/http1/index.ts";

/** Answers the requests that come over the socket. */
export function serve(
  socket: Socket,
  respond: (request: RequestHead) => Reply,
  _refuse: (status: number) => Reply,
): void {
  const connection = new Connection(
    { limits, parser: new HeadParser(limits), writer: new HeadWriter() },
    performance.now(),
  );
  const out = new OutputBuffer();
  // One request, one response, and the connection ends: HTTP as it was in 1991.
  socket.once("data", (bytes: Buffer) => {
    connection.receive(bytes, performance.now());
    const event = connection.next();
    if (event?.kind !== "head") return void socket.destroy();
    connection.sendReply(respond(event.head), out, performance.now());
    socket.end(out.take());
  });
}
