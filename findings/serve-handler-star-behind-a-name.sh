#!/usr/bin/env bash
# serve-handler 6.1.8, npm, Node 20 or later.
#
# A source of `redirects` in serve.json is a pattern of path-to-regexp 3, but the first `*` in it, wherever it stands, becomes
# "(.*)" before path-to-regexp sees it. So the modifier of a named segment is not one: "/docs/:path*" becomes
# "/docs/:path(.*)", which wants a slash behind "/docs" where path-to-regexp's own does not, and a written-out group "(.*)"
# becomes "(.(.*))", which takes no path at all.
# Output seen:
#   /docs/:path*  asked /docs    404
#   /docs/:path*  asked /docs/a  301 /new
#   /old(.*)      asked /old     404
#   /old(.*)      asked /olda    404
#   path-to-regexp 3.3.0 itself: /docs/:path* takes /docs true, /old(.*) takes /old true
#
# What helps: write both paths ("/docs" and "/docs/:path(.*)"), and let no source depend on what `*` means behind a name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error serve-handler@6.1.8 path-to-regexp@3.3.0 > npm.log
mkdir public
cat > ask.js <<'JS'
import { once } from "node:events";
import { createServer, request } from "node:http";
import pathToRegexp from "path-to-regexp";
import handler from "serve-handler";
async function ask(source, path) {
  const options = { public: "public", directoryListing: false, redirects: [{ source, destination: "/new" }] };
  const server = createServer((asked, answer) => handler(asked, answer, options)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const [response] = await once(request({ port: server.address().port, host: "127.0.0.1", path, agent: false }).end(), "response");
  response.resume();
  server.close();
  console.log(`${source.padEnd(12)}  asked ${path.padEnd(7)}  ${response.statusCode} ${response.headers.location ?? ""}`.trimEnd());
}
await ask("/docs/:path*", "/docs");
await ask("/docs/:path*", "/docs/a");
await ask("/old(.*)", "/old");
await ask("/old(.*)", "/olda");
const takes = (source, path) => pathToRegexp(source).test(path);
console.log(`path-to-regexp 3.3.0 itself: /docs/:path* takes /docs ${takes("/docs/:path*", "/docs")}, /old(.*) takes /old ${takes("/old(.*)", "/old")}`);
JS
cat > expected.txt <<'TXT'
/docs/:path*  asked /docs    404
/docs/:path*  asked /docs/a  301 /new
/old(.*)      asked /old     404
/old(.*)      asked /olda    404
path-to-regexp 3.3.0 itself: /docs/:path* takes /docs true, /old(.*) takes /old true
TXT
node ask.js | tee found.txt
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
