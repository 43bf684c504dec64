#!/usr/bin/env bash
# Node 26.10.0, npm package "node", Linux x86-64, with its Brotli 1.2.0.
#
# zlib.brotliCompressSync(bytes, { dictionary }) with a dictionary that is the same text but for one word makes almost nothing of
# the text from quality 5 on. Below, it makes about as much as without a dictionary, or more, though nothing says that the
# dictionary is of no use there. Output seen:
#   quality 3: more than 0.9 of what it takes without
#   quality 4: more than 0.9 of what it takes without
#   quality 5: less than 0.01 of what it takes without
#   quality 11: less than 0.01 of what it takes without
#
# Seen when differences between releases were to be made as quickly as possible (RFC 9842). What helps: quality 5 or more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error node@26.10.0 > npm.log
cat > ask.js <<'JS'
import { brotliCompressSync, constants } from "node:zlib";
let state = 1;
const words = Array.from({ length: 40_000 }, () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return (state >>> 12).toString(32);
});
const text = Buffer.from(words.join(" "));
const dictionary = Buffer.from(words.with(20_000, "another").join(" "));
for (const quality of [3, 4, 5, 11]) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
  const part = brotliCompressSync(text, { params, dictionary }).length / brotliCompressSync(text, { params }).length;
  const shown = part > 0.9 ? "more than 0.9" : part < 0.01 ? "less than 0.01" : part.toFixed(2);
  console.log(`quality ${quality}: ${shown} of what it takes without`);
}
JS
cat > expected.txt <<'TXT'
quality 3: more than 0.9 of what it takes without
quality 4: more than 0.9 of what it takes without
quality 5: less than 0.01 of what it takes without
quality 11: less than 0.01 of what it takes without
TXT
node_modules/.bin/node ask.js | tee found.txt
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
