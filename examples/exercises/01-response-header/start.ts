// Exercise 1: every response of this handler should carry one more header field. README.md has the task.
import type { Reply } from "../../../src/http1/index.ts";

export function greet(): Reply {
  const text = Buffer.from("Hello.\n");
  return {
    status: 200,
    fields: "Content-Type: text/plain; charset=utf-8\r\n",
    content: { kind: "content", length: text.length, segments: [text], file: undefined },
  };
}
