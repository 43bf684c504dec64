// A thread of the pool: answers each request with its own number. It is complete: the exercise is in start.ts.
import type { Socket } from "node:net";
import { parentPort, threadId } from "node:worker_threads";

parentPort!.on("message", (socket: Socket) => {
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${String(threadId).length}\r\n\r\n${threadId}`;
  // Requests of this exercise have no content and arrive in one piece. Exercise 6 does better.
  socket.on("data", () => socket.write(answer));
  socket.on("error", () => {});
  socket.on("close", () => parentPort!.postMessage("closed"));
  socket.resume();
});
