#!/usr/bin/env bash
# Node 26.10.0, npm package "node", Linux x86-64; openssl(1) makes the certificates.
#
# With `allowPartialTrustChain`, a certificate of `ca` that is not self-signed counts as an end of the chain: one may trust
# an intermediate authority without its root. tls.connect() and tls.createSecureContext() honour it. tls.createServer(), whose
# documentation says that it takes every option of createSecureContext(), drops it without a word, and so does
# server.setSecureContext(): both copy a fixed list of options. So a server cannot trust the clients of one intermediate
# authority by this option. The same object, given by SNICallback as a context, works. Output seen:
#   server, createServer(): UNABLE_TO_GET_ISSUER_CERT
#   server, setSecureContext(): UNABLE_TO_GET_ISSUER_CERT
#   server, context by SNICallback: authorized
#   client, connect(): authorized
#   client, without the option: UNABLE_TO_GET_ISSUER_CERT
#
# What helps: put the root into `ca` as well (which trusts all of its clients), or answer every name by SNICallback.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error node@26.10.0 > npm.log
for name in root between peer; do openssl ecparam -name prime256v1 -genkey -noout -out $name.key; done
echo 'basicConstraints=critical,CA:TRUE' > authority.ext
issue() { # name of the authority, name, further arguments
  openssl req -new -key "$2.key" -subj "/CN=$2" -out "$2.csr"
  openssl x509 -req -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -days 2 -out "$2.pem" "${@:3}" 2> openssl.log
}
openssl req -x509 -key root.key -subj /CN=root -days 2 -out root.pem
issue root between -extfile authority.ext
issue between peer
cat > ask.js <<'JS'
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createSecureContext, createServer } from "node:tls";
const read = (name) => readFileSync(name, "latin1");
const own = { cert: read("peer.pem"), key: read("peer.key") };
const trust = { ca: read("between.pem"), allowPartialTrustChain: true };
const asking = { requestCert: true, rejectUnauthorized: false };
const said = ({ authorized, authorizationError }) => (authorized ? "authorized" : authorizationError);
async function ask(server, options = {}) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "secureConnection");
  const { port } = server.address();
  const to = { port, host: "127.0.0.1", servername: "peer", checkServerIdentity() {}, rejectUnauthorized: false };
  const client = connect({ ...own, ...to, ...options });
  const [[socket]] = await Promise.all([accepted, once(client, "secureConnect")]);
  const found = { server: said(socket), client: said(client) };
  client.destroy();
  server.close();
  return found;
}
const both = { ...own, ...trust, ...asking };
const exchanged = createServer({ ...own, ...asking });
exchanged.setSecureContext({ ...own, ...trust });
const bySni = createServer({ ...own, ...asking, SNICallback: (_name, give) => give(null, createSecureContext({ ...own, ...trust })) });
console.log(`server, createServer(): ${(await ask(createServer(both))).server}`);
console.log(`server, setSecureContext(): ${(await ask(exchanged)).server}`);
console.log(`server, context by SNICallback: ${(await ask(bySni)).server}`);
console.log(`client, connect(): ${(await ask(createServer(own), trust)).client}`);
console.log(`client, without the option: ${(await ask(createServer(own), { ca: trust.ca })).client}`);
JS
cat > expected.txt <<'TXT'
server, createServer(): UNABLE_TO_GET_ISSUER_CERT
server, setSecureContext(): UNABLE_TO_GET_ISSUER_CERT
server, context by SNICallback: authorized
client, connect(): authorized
client, without the option: UNABLE_TO_GET_ISSUER_CERT
TXT
node_modules/.bin/node ask.js | tee found.txt
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
