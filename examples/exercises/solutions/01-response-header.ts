// A field is a line: name, colon, value, CRLF. The engine writes the fields as they are, so each needs its own CRLF.
import type { Reply } from "../../../src/http1/index.ts";

export function greet(): Reply {
  const text = Buffer.from("Hello.\n");
  return {
    status: 200,
    fields: "Content-Type: text/plain; charset=utf-8\r\nCache-Control: max-age=60\r\n",
    content: { kind: "content", length: text.length, segments: [text], file: undefined },
  };
}
