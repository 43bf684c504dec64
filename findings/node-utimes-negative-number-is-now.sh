#!/usr/bin/env bash
# Node 26.10.0, npm package "node", Linux x86-64; the same in Node 20.
#
# fs.utimesSync(path, atime, mtime) takes seconds, as a number, a numeric string or a Date. A negative number, a time before
# 1970, is silently replaced with the present time. The same second as a string or as a Date is set as it is. So do
# lutimesSync() and futimesSync(), and the forms with a callback or a promise. Output seen:
#   number -1: now
#   string -1: 1969-12-31T23:59:59.000Z
#   Date -1 s: 1969-12-31T23:59:59.000Z
#   number 1: 1970-01-01T00:00:01.000Z
#
# Seen in a test of files with times before 1970. What helps: give a Date.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error node@26.10.0 > npm.log
cat > ask.js <<'JS'
import { closeSync, futimesSync, lutimesSync, openSync, promises, statSync, utimesSync, writeFileSync } from "node:fs";
writeFileSync("file", "");
const ways = [
  (time) => utimesSync("file", time, time),
  (time) => lutimesSync("file", time, time),
  (time) => promises.utimes("file", time, time),
  (time) => {
    const file = openSync("file", "r+");
    futimesSync(file, time, time);
    closeSync(file);
  },
];
async function ask(name, time) {
  const found = new Set();
  for (const set of ways) {
    utimesSync("file", 5, 5);
    await set(time);
    const { mtime } = statSync("file");
    found.add(Math.abs(mtime - Date.now()) < 60_000 ? "now" : mtime.toISOString());
  }
  console.log(`${name}: ${[...found].join(" or ")}`);
}
await ask("number -1", -1);
await ask("string -1", "-1");
await ask("Date -1 s", new Date(-1000));
await ask("number 1", 1);
JS
cat > expected.txt <<'TXT'
number -1: now
string -1: 1969-12-31T23:59:59.000Z
Date -1 s: 1969-12-31T23:59:59.000Z
number 1: 1970-01-01T00:00:01.000Z
TXT
node_modules/.bin/node ask.js | tee found.txt
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
