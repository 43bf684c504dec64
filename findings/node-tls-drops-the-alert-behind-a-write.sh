#!/usr/bin/env bash
# Node 26.10.0, npm package "node", Linux x86-64.
#
# A server of node:tls that gets a record which was changed on its way emits "error"; OpenSSL has made the alert bad_record_mac
# by then. Whether the client gets it depends on what the handler does: where it destroys the socket, as handlers do, the alert
# is lost if a write was under way, and sent if not. So the same mistake gets an alert from an idle connection, and a bare end
# of the connection from one that has just been answered. Output seen:
#   idle, destroy(): alert
#   answering, destroy(): no alert
#   answering, destroy() in the next turn: alert
#
# What helps: setImmediate(() => socket.destroy()).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error node@26.10.0 > npm.log
openssl req -x509 -nodes -newkey rsa:2048 -keyout key.pem -out cert.pem -days 2 -subj "/CN=localhost" 2> openssl.log
cat > ask.js <<'JS'
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectPlainly } from "node:net";
import { duplexPair } from "node:stream";
import { connect, createServer } from "node:tls";
const identity = { key: readFileSync("key.pem"), cert: readFileSync("cert.pem") };
async function ask(isAnswering, end) {
  const server = createServer({ ...identity, maxVersion: "TLSv1.2" }, (socket) => {
    socket.on("error", () => end(socket));
    socket.on("data", () => isAnswering && socket.write("x".repeat(1000)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connectPlainly(server.address().port, "127.0.0.1");
  const [near, far] = duplexPair();
  const secure = connect({ socket: near, rejectUnauthorized: false }).on("error", () => {});
  const toServer = (bytes) => socket.write(bytes);
  far.on("data", toServer);
  let last = Buffer.alloc(0);
  socket.on("data", (bytes) => far.write((last = bytes))).on("error", () => {});
  await once(secure, "secureConnect");
  far.off("data", toServer).on("data", (bytes) => {
    // One good record and one that is changed, in one packet.
    const changed = Buffer.from(bytes);
    changed[changed.length - 1] ^= 1;
    socket.write(isAnswering ? Buffer.concat([bytes, changed]) : changed);
  });
  secure.write("hello");
  await once(socket, "close");
  server.close();
  return last.length >= 7 && last.includes(Buffer.from([21, 3, 3])) ? "alert" : "no alert";
}
const now = (socket) => socket.destroy();
console.log(`idle, destroy(): ${await ask(false, now)}`);
console.log(`answering, destroy(): ${await ask(true, now)}`);
console.log(`answering, destroy() in the next turn: ${await ask(true, (socket) => setImmediate(now, socket))}`);
process.exit();
JS
cat > expected.txt <<'TXT'
idle, destroy(): alert
answering, destroy(): no alert
answering, destroy() in the next turn: alert
TXT
node_modules/.bin/node ask.js | tee found.txt
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
