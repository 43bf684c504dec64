import assert from "node:assert/strict";
import { test } from "node:test";
import { hasFingerprint, versionsOf } from "./fingerprint.ts";

/** By tool, as found in what they wrote for published packages. */
const fingerprinted: Readonly<Record<string, readonly string[]>> = {
  "Vite and Rollup": [
    "assets/index-BxK3f9aZ.js",
    "assets/index-BxK3f9aZ.js.map",
    "assets/name.BxK3f9aZ.css",
    "assets/index-B_E-RY2t.css",
    "assets/active-line-C-HF1KIs.js",
    "assets/index-legacy-CXRZEdiE.js",
    "assets/css.worker-Dc1FwdTp.js",
    "assets/Inter-MediumItalic-C-HF1KIs.woff",
    "assets/account-3i3qpYzs.png",
    "assets/logo-3f2a9c1b.svg",
    "assets/hasNoDigit-CHMCoaTE.js",
    "deep/below/assets/index.C-0VwI5j.entry.js",
    "min/vs/html-BPdLCgic.js",
    "assets/guide_index.md.Bz4Qe7Xk.lean.js",
  ],
  "webpack, Rspack and Parcel": [
    "main.3f2a9c1b.js",
    "main.3f2a9c1b.chunk.js",
    "123.3f2a9c1b8d.js",
    "static/js/async/highlight.79538b60aa.js",
    "static/Home.ed5161fbef340a2973e6.js",
    "static/2.style.f5bfe8c872c998c962a0.css",
    "3f2a9c1b8d7e6f5a4b3c.png",
    "static/3f2a9c1b8d7e6f5a4b3c2d1e0f9a8b7c.js",
    "static/media/logo.5d5d9eefa31e5e13a668.svg",
    "static/webpack-runtime-45d7635d9d3513dd17fa.js.map",
    "assets/javascripts/bundle.f89c2efe.min.js",
    "fonts/Xiaolai-Regular-15dc6d811c9cd078f9086a740d5a1038.woff2",
    "index.3f2a9c1b.js",
  ],
  "esbuild and Angular": [
    "app-7S7Q4E2Y.js",
    "chunk-GZNPDWXQ.js",
    "chunk-C7LX3TON.mjs.map",
    "chunk-BQyh1Wug.js",
    "main-MEX4PDJG.js",
    "styles-A4BFPGNL.css",
    "main.3decbf295b5d3c2b.js",
    "image-C3FG2N4G.png",
  ],
  Next: [
    "_next/static/chunks/main-app-3decbf295b5d3c2b.js",
    "_next/static/chunks/0351544027790eeb.js",
    "_next/static/chunks/17z846q_ljrz~.js",
    "_next/static/css/83afe278b6a6bb3c.css",
    "_next/static/media/83afe278b6a6bb3c-s.p.3a6ba036.woff2",
    "docs/_next/static/chunks/app/page-effe4711c233ab9f.js",
    "_next/static/_PAn4FGpHHy4b-5bejkoz/_buildManifest.js",
  ],
  SvelteKit: [
    "_app/immutable/entry/start.BxK3f9aZ.js",
    "_app/immutable/assets/0.css",
    "base/_app/immutable/nodes/2.js",
  ],
  Astro: [
    "_astro/hoisted.BxK3f9aZ.js",
    "_astro/photo.BkX3d_Z1abc.webp",
    "_astro/photo.DAhZ1Bc2_1kL0aB.webp",
    "_astro/penguin.e4a2f0b2_Z1DmXyz.avif",
  ],
  Nuxt: ["_nuxt/BxK3f9aZ.js", "_nuxt/BGkHIPSG.js", "_nuxt/error-404.BVZpSE9K.css", "_nuxt/chunks/Logo.Dp-80U1J.js"],
  "rustdoc, mdBook, Rails, Django and Phoenix": [
    "static.files/rustdoc-b7b9f40b.css",
    "book/elasticlunr-ef4e11c1.min.js",
    "assets/application-6d58c9e6.css",
    "static/css/base.27e20196a850.css",
    "assets/app-07d2bf0d12655d9f51c0637718da4889.js",
  ],
};

for (const [tool, paths] of Object.entries(fingerprinted)) {
  for (const path of paths) {
    test(`hasFingerprint() sees the hash of ${tool} in "${path}"`, () => assert.equal(hasFingerprint(path), true));
  }
}

/** By what they are instead. */
const plain: Readonly<Record<string, readonly string[]>> = {
  "a plain name": ["", "index.js", "assets/app.css", ".js", "x.", "robots.txt", "LICENSE", "a/b/", "sw.js", "3f2a9c1b"],
  "a version": [
    "jquery-3.7.1.min.js",
    "jquery-3.7.1-slim20.js",
    "lib-1.0.0-beta.20240517.js",
    "app-v1.2.3-14-g2414721.js",
    "bootstrap.bundle.min.js",
  ],
  "words of eight letters": [
    "main-launcher.js",
    "index-frontend.css",
    "app-settings.js",
    "app-Settings.js",
    "en-translations.js",
    "icon-download.svg",
    "inter-variable.woff2",
    "jwt.strategy.js",
    "app-SETTINGS.js",
    "main-TEMPLATE.js",
    "assets/duration-display.js",
  ],
  "words in one": [
    "fonts/Inter-SemiBold.woff2",
    "assets/Inter-SemiBold.woff2",
    "_astro/Inter-SemiBold.woff2",
    "jquery.scrollTo.js",
    "assets/three.Canvas2D.js",
    "assets/three.Camera3D.js",
    "lib-isWebGL2.js",
    "chunk-MyModule.js",
    "chunk-VendorUI.js",
    "assets/page-Vol1Ch12.jpg",
    "assets/cable-USB3Gen2.jpg",
    "report-Q3Draft2.png",
    "x-Uint16x2.js",
    "messages-pt-BR-v2.js",
    "date-dd-MM-yy.js",
  ],
  "words and numbers in capitals": ["setup-WINDOWS7.js", "logo-3DMODELS.png", "logo-IPV6ONLY.png", "IMG-DSC23456.jpg"],
  "a date": [
    "photo-20240517.jpg",
    "app.20240517.js",
    "style-20240517a.css",
    "app-202405b1.js",
    "app-20240517093000.js",
    "img-2024051709b3c4.png",
  ],
  "a word or a number in hex": [
    "x-deadbeef.js",
    "house-facade01.jpg",
    "x-1234abcd.js",
    "face00012.png",
    "x-12345678.js",
    "house-decade90.png",
  ],
  "a name of something else": [
    "user-507f1f77bcf86cd799439011.png",
    "avatar/0bc83cb571cd1c50ba6f3e8a78ef1346.jpg",
    "avatar.550e8400-e29b-41d4-a716-4466554400ab.png",
    "550e8400-e29b-41d4-a716-4466554400ab.js",
    "1f468-200d-1f469-200d-1f467.svg",
    "1F3F4-E0067-E0062-E0065.png",
    "swatch-0xF5DEB3.png",
    "_nuxt/builds/meta/ac0b5d32-62e4-4ad9-b4fc-3b6cab48f6f2.json",
    "_nuxt/builds/latest.json",
    "_app/version.json",
    "_next/static/production/_buildManifest.js",
    "_nextstatic/chunks/main.js",
    "_apps/immutable/start.js",
  ],
  "a document": [
    "chapter-overview.html",
    "2024-05-17-some-post.html",
    "page-3f2a9c1b.html",
    "_app/immutable/page.html",
    "_next/static/chunks/page-BxK3f9aZ.html",
    "report.20240517.pdf",
    "report-3f2a9c1b.pdf",
    "commit-deadbeef.txt",
    "commit-3f2a9c1b.txt",
    "data-3f2a9c1b.json",
    "show-3f2a9c1b.mp4",
    "main.3f2a9c1b.js.LICENSE.txt",
    "index-BxK3f9aZ.js.html",
    "assets/index-BxK3f9aZ.js/readme",
    "assets/index-BxK3f9aZ/index.js",
  ],
};

for (const [what, paths] of Object.entries(plain)) {
  for (const path of paths) {
    test(`hasFingerprint() takes "${path}" for ${what}`, () => assert.equal(hasFingerprint(path), false));
  }
}

test("hasFingerprint() knows a dictionary of pages", () => {
  assert.ok(hasFingerprint("docs/pages-3f2a9c1b7d4e5f6a8b0c.dict.txt"));
  assert.ok(!hasFingerprint("docs/pages-3f2a9c1b7d4e5f6a8b0c.txt"));
  assert.ok(!hasFingerprint("docs/my-pages-3f2a9c1b7d4e5f6a8b0c.dict.txt.html"));
});

const versions: readonly [path: string, expected: string | undefined][] = [
  ["assets/app-BxK3f9aZ.js", "assets/app-*.js"],
  ["app.3f8a1c9d2b7e.min.css", "app.*.min.css"],
  ["static/js/main.8d1f3a7c.chunk.js", "static/js/main.*.chunk.js"],
  ["assets/a-b-BxK3f9aZ.wasm", "assets/a-b-*.wasm"],
  ["static/js/787.3a8d1f7c.js", "static/js/787.*.js"],
  ["_next/static/chunks/main-3f8a1c9d2b7e4a6f.js", "_next/static/chunks/main-*.js"],
  ["_app/immutable/entry/start.BxK3f9aZ.js", "_app/immutable/entry/start.*.js"],
  // No hash, or nothing else.
  ["app.js", undefined],
  ["_next/static/chunks/webpack.js", undefined],
  ["_nuxt/DAhZ1Bc2.js", undefined],
  ["3f8a1c9d2b7e4a6f3f8a.js", undefined],
  // A name that all parts of a bundle have.
  ["chunk-ABC2DEF3.js", undefined],
  ["assets/chunk-BxK3f9aZ.js", undefined],
  // Neither a script nor a style, nor what a browser loads.
  ["assets/photo-BxK3f9aZ.svg", undefined],
  ["assets/app-BxK3f9aZ.js.map", undefined],
];
for (const [path, expected] of versions) {
  test(`versionsOf() takes ${path} for one of ${expected}`, () => {
    assert.equal(versionsOf(path), expected);
  });
}
