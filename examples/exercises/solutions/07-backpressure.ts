// `write` says whether there is room for more; "drain" says that there is room again. A client that is gone never makes
// room, so the end of the stream has to be waited for as well.
import type { Writable } from "node:stream";

export async function send(parts: Iterable<Buffer>, to: Writable): Promise<void> {
  for (const part of parts) {
    if (to.destroyed) throw new Error("the client is gone");
    if (!to.write(part)) await roomOrEnd(to);
  }
  if (to.destroyed) throw new Error("the client is gone");
  to.end();
}

function roomOrEnd(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      to.off("drain", done).off("close", done);
      resolve();
    };
    to.on("drain", done).on("close", done);
  });
}
