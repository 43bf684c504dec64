import assert from "node:assert/strict";
import { test } from "node:test";
import mime from "mime";
import other from "mime/types/other.js";
import standard from "mime/types/standard.js";
import { mediaTypeOf } from "./media-type.ts";

const cases: [fileName: string, mediaType: string][] = [
  ["index.html", "text/html; charset=utf-8"],
  ["INDEX.HTM", "text/html; charset=utf-8"],
  ["site.css", "text/css; charset=utf-8"],
  ["app.js", "text/javascript; charset=utf-8"],
  ["app.min.mjs", "text/javascript; charset=utf-8"],
  ["app.cjs", "text/javascript; charset=utf-8"],
  ["app.es6", "text/javascript; charset=utf-8"],
  ["README.md", "text/markdown; charset=utf-8"],
  ["robots.txt", "text/plain; charset=utf-8"],
  ["data.csv", "text/csv; charset=utf-8"],
  ["captions.vtt", "text/vtt; charset=utf-8"],
  ["data.json", "application/json"],
  ["app.js.map", "application/json"],
  ["app.webmanifest", "application/manifest+json"],
  ["data.jsonld", "application/ld+json"],
  ["feed.xml", "application/xml"],
  ["feed.atom", "application/atom+xml"],
  ["page.xhtml", "application/xhtml+xml"],
  ["logo.svg", "image/svg+xml"],
  ["photo.jpg", "image/jpeg"],
  ["photo.JPEG", "image/jpeg"],
  ["photo.png", "image/png"],
  ["photo.avif", "image/avif"],
  ["photo.webp", "image/webp"],
  ["favicon.ico", "image/vnd.microsoft.icon"],
  ["scan.jfif", "image/jpeg"],
  ["film.avifs", "image/avif"],
  ["photo.jxl", "image/jxl"],
  ["photo.apng", "image/apng"],
  ["hand.cur", "image/vnd.microsoft.icon"],
  ["logo.svgz", "image/svg+xml"],
  ["font.woff2", "font/woff2"],
  ["model.glb", "model/gltf-binary"],
  ["model.gltf", "model/gltf+json"],
  ["model.usdz", "model/vnd.usdz+zip"],
  ["shader.wgsl", "text/wgsl; charset=utf-8"],
  ["song.flac", "audio/flac"],
  ["song.weba", "audio/webm"],
  ["song.opus", "audio/ogg"],
  ["list.m3u8", "application/vnd.apple.mpegurl"],
  ["list.mpd", "application/dash+xml"],
  ["page.sxg", "application/signed-exchange;v=b3"],
  ["pages.wbn", "application/webbundle"],
  ["rows.ndjson", "application/x-ndjson"],
  ["card.vcf", "text/vcard; charset=utf-8"],
  ["film.mp4", "video/mp4"],
  ["film.ts", "video/mp2t"],
  ["app.wasm", "application/wasm"],
  ["paper.pdf", "application/pdf"],
  ["backup.tar.gz", "application/gzip"],
  ["a b.html", "text/html; charset=utf-8"],
  ["a\nb.html", "text/html; charset=utf-8"],
  ["a\\b.html", "text/html; charset=utf-8"],
  ["html", "application/octet-stream"],
  ["README", "application/octet-stream"],
  ["Makefile.", "application/octet-stream"],
  [".html", "application/octet-stream"],
  ["folder/.html", "application/octet-stream"],
  ["folder.css/README", "application/octet-stream"],
  ["folder.css/a.html", "text/html; charset=utf-8"],
  [".profile", "application/octet-stream"],
  ["a.unheard-of", "application/octet-stream"],
  ["a.constructor", "application/octet-stream"],
  ["a.__proto__", "application/octet-stream"],
  ["", "application/octet-stream"],
];
for (const [fileName, mediaType] of cases) {
  test(`mediaTypeOf() gives ${mediaType} to ${JSON.stringify(fileName)}`, () => {
    assert.equal(mediaTypeOf(fileName), mediaType);
  });
}

test("mediaTypeOf() says what the library says, of each extension that needs no correction and of odd names", () => {
  const extensions = [standard, other].flatMap((table) => Object.values(table).flat());
  assert.ok(extensions.length > 1000);
  const corrected = ["cjs", "sxg", "jfif", "flac", "vcf"];
  const names = extensions
    .filter((extension) => !corrected.includes(extension))
    .map((extension) => `a.${extension.replace("*", "").toUpperCase()}`);
  for (const name of [
    ...names,
    "css",
    ".css",
    "a.",
    "a",
    "",
    ".",
    "..",
    "a.b.css",
    "..css",
    "a.*xml",
    "x/.css",
    "x.css/a",
  ]) {
    const type = mime.getType(`/${name}`) ?? "application/octet-stream";
    assert.equal(mediaTypeOf(name), type.startsWith("text/") ? `${type}; charset=utf-8` : type, name);
  }
});
