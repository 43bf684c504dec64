// The HTTP/1.1 engine by itself, without a socket: the four steps of a transport, with bytes from nowhere. In a
// project of yours the import is `from "heddle/http1"`. Run it: node examples/engine.ts
import { Connection, HeadParser, HeadWriter, DEFAULT_LIMITS as limits, OutputBuffer } from "../src/http1/index.ts";

const out = new OutputBuffer();
const writer = new HeadWriter();
writer.setTime(Date.now());
const connection = new Connection({ limits, parser: new HeadParser(limits), writer }, 0);

const text = Buffer.from("Thank you.\n");
const content = { kind: "content", length: text.length, segments: [text], file: undefined } as const;
let sent = 0;

const arriving = "POST /a HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\n\r\n";
for (const [now, piece] of [arriving.slice(0, 30), arriving.slice(30)].entries()) {
  // 1. bytes and the time, in ms, go in
  connection.receive(Buffer.from(piece, "latin1"), now);
  // 2. events come out; a complete request, and a refusal, want a reply
  for (let event = connection.next(); event !== undefined; event = connection.next()) {
    if (event.kind === "head") console.log(`${event.kind} ${event.head.method} ${event.head.target}`);
    else if (event.kind === "content") console.log(`${event.kind} ${event.bytes.toString()}`);
    else if (event.kind === "rejected") console.log(`${event.kind} ${event.rejection.code}`);
    else console.log(event.kind);
    if (event.kind !== "end" && event.kind !== "rejected") continue;
    connection.sendHead({ status: event.kind === "end" ? 200 : event.rejection.status, fields: "", content }, out, now);
    connection.sendContent(text, out);
  }
  // 3. bytes leave, and the engine is told so
  const output = out.take().toString("latin1");
  sent += output.length;
  connection.noteOutput(sent, false, now);
  if (output !== "") console.log(output.trimEnd().replaceAll(/^(?!\n)/gm, "> "));
  // 4. something must happen before this time, or `expire` is called
  console.log(`at ${now} ms, the deadline is ${connection.deadline} ms`);
}
