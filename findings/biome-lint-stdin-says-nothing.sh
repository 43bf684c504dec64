#!/usr/bin/env bash
# Biome 2.6.8 (Node 20 or newer, Linux).
#
# `biome lint FILE` exits with 0 for a clean file; for another it exits with 1 and names the rule, the place and the message.
# `biome lint --stdin-file-path=FILE` over the same text exits with 1 in both cases, with the same words: it prints the text
# again and says that "the contents aren't fixed". Neither the status nor the output tells a clean text from a wrong one,
# also with --reporter=json. With --write the clean text gets 0, and the wrong one gets 0 as well.
#
# Seen when a test asked Biome about an import in a file that is not on the disk. What helps: write the text into a file of
# a temporary folder, and lint that file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error @biomejs/biome@2.6.8 > npm.log
cat > biome.json <<'JSON'
{ "linter": { "rules": { "preset": "none", "style": { "noRestrictedGlobals": {
  "level": "error", "options": { "deniedGlobals": { "Date": "this file has no clock" } } } } } } }
JSON
echo 'console.log(Date.now());' > wrong.js
echo 'console.log(1);' > clean.js

lint() { node_modules/.bin/biome lint "$@" > output.txt 2>&1 && echo 0 || echo $?; }
expect() { [ "$1" = "$2" ] || { echo "CHANGED: $3: found $1, wanted $2"; cat output.txt; exit 1; }; }
count() { grep -c "$1" output.txt || true; }

expect "$(lint clean.js)" 0 "status for a clean file"
expect "$(lint wrong.js)" 1 "status for a wrong file"
expect "$(count noRestrictedGlobals) $(count 'this file has no clock')" "1 1" "rule and message for a wrong file"

for reporter in default json; do
  for text in clean wrong; do
    expect "$(lint --reporter=$reporter --stdin-file-path=$text.js < $text.js)" 1 "status for a $text text ($reporter)"
    expect "$(count noRestrictedGlobals) $(count 'no clock')" "0 0" "rule and message for a $text text ($reporter)"
    expect "$(count "contents aren't fixed")" 1 "words for a $text text ($reporter)"
  done
done
for text in clean wrong; do
  expect "$(lint --write --stdin-file-path=$text.js < $text.js)" 0 "status for a $text text with --write"
done
echo "As described: a clean and a wrong text on standard input get the same status and the same words."
