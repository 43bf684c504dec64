// Lines of other servers, as people paste them behind "heddle", and the same lines for heddle.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "./parse.ts";

const lines: [line: string, ours: string, mistakes: number][] = [
  // serve
  ["-s dist -l 3000", "heddle dist --port 3000 --spa", 2],
  ["serve -s dist -l 3000", "heddle dist --port 3000 --spa", 3],
  ["npx serve@14 -s -l 3000 dist", "heddle dist --port 3000 --spa", 3],
  ["serve -l tcp://0.0.0.0:80 -n -u --no-port-switching", "heddle --host 0.0.0.0 --port 80 --no-compress", 5],
  ["serve -p 3000 --cors dist", "heddle dist --port 3000 --cors", 1],
  ["serve --ssl-cert=a.pem --ssl-key=a.key -S dist", "heddle dist --tls-cert a.pem --tls-key a.key", 4],
  ["serve dist -l unix:/run/a.sock", "heddle dist --socket /run/a.sock", 2],
  // http-server
  ["http-server dist -p 8080 -c-1 --cors -o", "heddle dist --port 8080 --cors", 3],
  ["npx -y http-server ./dist -a 127.0.0.1 -s -g -b", "heddle ./dist --host 127.0.0.1 --quiet", 5],
  ["http-server -d false -S -C cert.pem -K key.pem", "heddle --tls-cert cert.pem --tls-key key.pem", 5],
  ["http-server -e html -P http://a.example:8080 dist", "heddle dist --clean-urls", 3],
  // sirv
  [
    "sirv dist --single --port 3000 --dev -H 0.0.0.0 -q",
    "heddle dist --host 0.0.0.0 --port 3000 --spa --revalidate 0 --quiet",
    5,
  ],
  ["sirv-cli public -s -c -m 31536000 --no-clear", "heddle public --spa --cors", 5],
  // live-server
  ["live-server --port=3000 --no-browser --entry-file=index.html dist", "heddle dist --port 3000 --spa /index.html", 3],
  ["live-server dist --wait=200 --ignore=a,b --host=0.0.0.0 -q", "heddle dist --host 0.0.0.0 --quiet", 4],
  // static-web-server
  ["static-web-server -p 8787 -d ./public -g info -a ::", "heddle ./public --host :: --port 8787", 4],
  [
    "static-web-server --root dist --page-fallback dist/index.html --compression false",
    "heddle dist --spa /index.html --no-compress",
    4,
  ],
  ["sws -d dist -z -q 5 --log-level=warn", "heddle dist --listing --grace 5", 5],
  // python
  ["python3 -m http.server 8000", "heddle --port 8000", 1],
  ["python -m http.server 8000 -d dist --bind 127.0.0.1", "heddle dist --host 127.0.0.1 --port 8000", 3],
  ["-m http.server --directory dist", "heddle dist", 2],
  // caddy
  ["caddy file-server --root dist --listen :2015 --browse", "heddle dist --port 2015 --listing", 3],
  ["caddy file-server --root dist --domain a.example", "heddle dist --tls acme --domain a.example", 3],
  ["file-server -r dist -b -l 127.0.0.1:80", "heddle dist --host 127.0.0.1 --port 80 --listing", 4],
  // others
  ["nginx -p dist -g daemon", "heddle dist", 3],
  ["php -S localhost:8000 -t public", "heddle public --host localhost --port 8000", 3],
  ["ruby -run -e httpd . -p 8000 -b ::1", "heddle . --host ::1 --port 8000", 2],
  ["vite preview --outDir dist --port 4173 --strictPort", "heddle dist --port 4173", 3],
  ["busybox httpd -f -p 0.0.0.0:80", "heddle --host 0.0.0.0 --port 80", 3],
  ["dist -a [::1]:80", "heddle dist --host ::1 --port 80", 1],
  ["serve it's -l 80", "heddle 'it'\\''s' --port 80", 2],
];
for (const [line, ours, mistakes] of lines) {
  test(`parseArguments() answers "${line}" with "${ours}", and each of its ${mistakes} mistakes`, () => {
    const found = parseArguments(line.split(" "), {}, "1.2.3");
    assert.equal(found.kind, "exit");
    assert.equal(found.code, 2);
    const told = found.stderr.trimEnd().split("\n");
    assert.equal(told.at(-2), `heddle: the whole line here: ${ours} (heddle help migrating)`);
    assert.equal(told.length, mistakes + 2, found.stderr);
    // What it is answered with can be used.
    const words = ours.replace("'it'\\''s'", "its").split(" ").slice(1);
    assert.equal(parseArguments(words, {}, "1.2.3").kind, "run");
  });
}

test("parseArguments() names every unknown flag", () => {
  const found = parseArguments(["--prot", "80", "--treads", "2"], {}, "1.2.3");
  assert.equal(found.kind, "exit");
  assert.equal(
    found.stderr,
    "heddle: unknown option --prot: did you mean --port?\n" +
      "heddle: unknown option --treads: did you mean --threads?\n" +
      "heddle --help shows every option.\n",
  );
});
