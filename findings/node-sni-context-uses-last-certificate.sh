#!/usr/bin/env bash
# Node 26.10.0, npm package "node", Linux x86-64; openssl(1) makes the certificates.
#
# A server of node:tls may have an ECDSA and an RSA certificate at once: each client gets the one whose signatures it
# understands. The same two certificates in a context that SNICallback gives are not the same: Node uses the last one of the
# list alone, so a client that understands only the other gets the alert handshake_failure. Neither createSecureContext()
# nor the callback says so. Output seen:
#   without SNICallback: ECDSA client ecdsa, RSA client rsa
#   with SNICallback, RSA last: ECDSA client failed, RSA client rsa
#   with SNICallback, ECDSA last: ECDSA client ecdsa, RSA client failed
#
# What helps: give the context of the server itself to the names that need both (the callback is called without a context).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error node@26.10.0 > npm.log
make_certificate() { openssl req -x509 -nodes -keyout "$1.key" -out "$1.pem" -days 2 -subj "/CN=$1" "${@:2}" 2> openssl.log; }
make_certificate rsa -newkey rsa:2048
make_certificate ecdsa -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
cat > ask.js <<'JS'
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createSecureContext, createServer } from "node:tls";
const filesOf = (names, ending) => names.map((name) => readFileSync(`${name}.${ending}`, "latin1"));
const pairsOf = (names) => ({ cert: filesOf(names, "pem"), key: filesOf(names, "key") });
async function subjectFor(port, sigalgs) {
  const socket = connect({ port, host: "127.0.0.1", servername: "example.test", rejectUnauthorized: false, sigalgs });
  try {
    await once(socket, "secureConnect");
    return socket.getPeerCertificate().subject.CN;
  } catch {
    return "failed";
  } finally {
    socket.destroy();
  }
}
async function ask(options) {
  const server = createServer(options);
  server.on("tlsClientError", () => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  const ecdsa = await subjectFor(port, "ecdsa_secp256r1_sha256");
  const rsa = await subjectFor(port, "rsa_pss_rsae_sha256");
  server.close();
  return `ECDSA client ${ecdsa}, RSA client ${rsa}`;
}
const by = (names) => ({ ...pairsOf(names), SNICallback: (_name, give) => give(null, createSecureContext(pairsOf(names))) });
console.log(`without SNICallback: ${await ask(pairsOf(["ecdsa", "rsa"]))}`);
console.log(`with SNICallback, RSA last: ${await ask(by(["ecdsa", "rsa"]))}`);
console.log(`with SNICallback, ECDSA last: ${await ask(by(["rsa", "ecdsa"]))}`);
JS
cat > expected.txt <<'TXT'
without SNICallback: ECDSA client ecdsa, RSA client rsa
with SNICallback, RSA last: ECDSA client failed, RSA client rsa
with SNICallback, ECDSA last: ECDSA client ecdsa, RSA client failed
TXT
node_modules/.bin/node ask.js | tee found.txt
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
