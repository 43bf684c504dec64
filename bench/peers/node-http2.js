// node:http2 at its best: the files are in memory, and their fields are made once.
//
//   node bench/peers/node-http2.js <root> <port> [<certificate> <key>]
import { readdirSync, readFileSync } from "node:fs";
import { createSecureServer, createServer } from "node:http2";
import { join } from "node:path";

const [root, port, cert, key] = process.argv.slice(2);
const files = new Map();
for (const entry of readdirSync(root, { withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const content = readFileSync(join(root, entry.name));
  const type = entry.name.endsWith(".txt") ? "text/plain; charset=utf-8" : "application/octet-stream";
  const fields = {
    ":status": 200,
    "content-type": type,
    "content-length": content.length,
    etag: `"${content.length}"`,
  };
  files.set(`/${entry.name}`, { content, fields });
}

const settings = { maxConcurrentStreams: 256 };
const server =
  cert === undefined
    ? createServer({ settings })
    : createSecureServer({
        settings,
        cert: readFileSync(cert),
        key: readFileSync(key),
        minVersion: "TLSv1.3",
        allowHTTP1: true,
      });
server.on("request", (request, response) => {
  // HTTP/1.1 of the check before a case; streams of HTTP/2 are answered below.
  if (request.httpVersionMajor === 1) answer1(request, response);
});
server.on("stream", (stream, fields) => {
  const file = files.get(fields[":path"]);
  stream.on("error", () => {});
  if (file === undefined) return stream.respond({ ":status": 404 }, { endStream: true });
  stream.respond(file.fields);
  stream.end(file.content);
});
server.listen(Number(port), "127.0.0.1");

function answer1(request, response) {
  const file = files.get(request.url);
  if (file === undefined) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": file.fields["content-type"], ETag: file.fields.etag }).end(file.content);
}
