#!/usr/bin/env bash
# netlify-redirector 0.5.0, npm: Netlify's own matcher of `_redirects`, as WebAssembly. Node 20 or later.
#
# A rule with `*` does not apply to paths that begin as its own target does, so that "/* /en/:splat" is no circle. The
# comparison is one of characters and not of segments: with "/* /en/:splat", the path /enx/a does not go to /en/enx/a, and
# neither does /entry. More: what the guard skips is not asked further down. Here a second line, which would take every path,
# gets none of these. Output seen:
#   /fr/a  -> /en/fr/a 301
#   /en/a  -> none
#   /entry -> none
#   /enx/a -> none
#
# What helps: a target whose first segment no page's name begins with ("/-en/:splat"), or the lines for such pages above.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error netlify-redirector@0.5.0 > npm.log
cat > ask.js <<'JS'
import redirector from "netlify-redirector";
const matcher = await redirector.parsePlain("/* /en/:splat 301\n/* /rest.html 200\n", {});
for (const path of ["/fr/a", "/en/a", "/entry", "/enx/a"]) {
  const asked = { scheme: "https", host: "example.test", path, query: "", getHeader: () => "", getCookie: () => "" };
  const found = matcher.match(asked);
  console.log(`${path.padEnd(6)} -> ${found ? `${found.to} ${found.status}` : "none"}`);
}
JS
cat > expected.txt <<'TXT'
/fr/a  -> /en/fr/a 301
/en/a  -> none
/entry -> none
/enx/a -> none
TXT
node ask.js | tee found.txt
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
