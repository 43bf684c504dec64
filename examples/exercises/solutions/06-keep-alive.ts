// The engine knows when a connection goes on and when it ends. The socket only does what the events say.
import type { Socket } from "node:net";
import {
  Connection,
  HeadParser,
  HeadWriter,
  type Http1Event,
  DEFAULT_LIMITS as limits,
  OutputBuffer,
  type Reply,
  type RequestHead,
} from "../../../src/http1/index.ts";

export function serve(
  socket: Socket,
  respond: (request: RequestHead) => Reply,
  refuse: (status: number) => Reply,
): void {
  const connection = new Connection(
    { limits, parser: new HeadParser(limits), writer: new HeadWriter() },
    performance.now(),
  );
  const out = new OutputBuffer();
  const turn = (): void => {
    for (let event = connection.next(); event !== undefined; event = connection.next()) take(event);
  };
  const take = (event: Http1Event): void => {
    if (event.kind === "head") send(respond(event.head));
    else if (event.kind === "rejected") send(refuse(event.rejection.status));
    else if (event.kind === "finish") socket.end();
    else if (event.kind === "closed") socket.destroy();
  };
  const send = (reply: Reply): void => {
    connection.sendReply(reply, out, performance.now());
    socket.write(out.take());
  };
  socket.allowHalfOpen = true;
  socket.on("data", (bytes: Buffer) => {
    connection.receive(bytes, performance.now());
    turn();
  });
  socket.on("end", () => {
    connection.receiveEnd(performance.now());
    turn();
  });
  // Our half is out: from now on the engine waits for the client's end, so that no reset destroys the last response.
  socket.on("finish", () => {
    connection.noteOutput(socket.bytesWritten, false, performance.now());
    turn();
  });
}
