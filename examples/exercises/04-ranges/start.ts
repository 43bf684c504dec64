// Exercise 4: send a part of a file. README.md has the task.
import type { Reply, Request } from "../../../src/http1/index.ts";

/** Imagine a film. */
export const FILM: Buffer = Buffer.from("0123456789");

export function play(_request: Request): Reply {
  return {
    status: 200,
    fields: "Content-Type: video/mp4\r\n",
    content: { kind: "content", length: FILM.length, segments: [FILM], file: undefined },
  };
}
