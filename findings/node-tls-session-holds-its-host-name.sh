#!/usr/bin/env bash
# Node 26.10.0 and 24.11.0, npm package "node", Linux x86-64; openssl(1) makes the certificate and reads sessions.
#
# What a client of node:tls gets as its session was the session as OpenSSL writes it (ASN.1, RFC 5077's client state is inside):
# `openssl sess_id` reads it, and it could be offered under any name. Node 26.10.0 puts a head of its own in front, with the host
# name of the connection. openssl(1) cannot read that, and connect({ session }) with another `servername` does not offer it:
# there is a full handshake, and neither an error nor a warning. Tests that ask whether a server resumes sessions across names
# pass from then on without asking anything. Output seen:
#   24.11.0: openssl reads the session; resumed under its own name: true, under another: true
#   26.10.0: openssl cannot read the session; resumed under its own name: true, under another: false
#
# What helps: for a question about the server, openssl s_client -sess_out, -sess_in and -servername.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error node-24@npm:node@24.11.0 node-26@npm:node@26.10.0 > npm.log
openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -keyout key.pem -out cert.pem -days 2 -subj /CN=a.test 2> openssl.log
cat > ask.js <<'JS'
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:tls";
const options = { cert: readFileSync("cert.pem"), key: readFileSync("key.pem"), maxVersion: "TLSv1.2" };
const server = createServer(options, (socket) => socket.end("hello"));
server.listen(0, "127.0.0.1");
await once(server, "listening");
async function ask(servername, session) {
  const { port } = server.address();
  const socket = connect({ port, host: "127.0.0.1", servername, session, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const outcome = { isReused: socket.isSessionReused(), session: socket.getSession() };
  socket.destroy();
  return outcome;
}
const { session } = await ask("a.test");
let reading = "reads";
try {
  execFileSync("openssl", ["sess_id", "-inform", "DER", "-noout"], { input: session, stdio: ["pipe", "ignore", "ignore"] });
} catch {
  reading = "cannot read";
}
const own = (await ask("a.test", session)).isReused;
const other = (await ask("b.test", session)).isReused;
console.log(`${process.versions.node}: openssl ${reading} the session; resumed under its own name: ${own}, under another: ${other}`);
server.close();
JS
cat > expected.txt <<'TXT'
24.11.0: openssl reads the session; resumed under its own name: true, under another: true
26.10.0: openssl cannot read the session; resumed under its own name: true, under another: false
TXT
for version in 24 26; do "node_modules/node-$version/bin/node" ask.js; done | tee found.txt
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
