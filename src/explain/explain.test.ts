import assert from "node:assert/strict";
import { truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { PASSWORD_HASH } from "../../test/support/answers.ts";
import { linesOf, offer, script } from "../../test/support/dictionary-client.ts";
import { resolvedSite } from "../../test/support/handler.ts";
import { makeSite } from "../../test/support/site.ts";
import { SMALL_FILE_LIMIT_BYTES } from "../content/validators.ts";
import { StepsInWords } from "./describe.ts";
import { explain, QuestionError } from "./explain.ts";

const files = {
  "index.html": "home",
  "a.css": "x",
  "a.css.br": "y",
  "404.html": "lost",
  "b.js": "let b;\n".repeat(999),
};
const asText = ({ steps }: Awaited<ReturnType<typeof explain>>) => steps.map(({ step, what }) => `${step}: ${what}`);

test("explain() says which file, codings, fields and caching answer, and with which head", async (t) => {
  const root = makeSite(t, files);
  const site = { root, headers: [{ for: "/*", set: { "X-A": "b", "X-C": "d" } }] };
  const explained = await explain(resolvedSite(site), [], { url: "/%61.css?x=y", fields: ["Accept-Encoding: br"] });
  assert.deepEqual(asText(explained), [
    "path: /a.css",
    `folder: ${root}`,
    "fields: X-A, X-C (for /*)",
    "file: a.css (1 bytes, text/css; charset=utf-8)",
    "codings: identity, br (1 bytes)",
    "caching: no-cache",
  ]);
  assert.equal(explained.head[0], "HTTP/1.1 200 OK");
  assert.ok(explained.head.includes("Content-Encoding: br"));
  assert.ok(explained.head.includes("X-A: b"));
});

test("explain() says who asks, as a trusted proxy says it", async (t) => {
  const root = makeSite(t, files);
  const site = resolvedSite({ root, deny: ["203.0.113.9"] });
  const proxies = { trustedProxies: ["10.0.0.1"], forwardedFields: ["x-forwarded-for", "x-forwarded-proto"] } as const;
  const question = { url: "/", isSecure: false, proxies, fields: ["X-Forwarded-For: 203.0.113.9"] };
  const told = asText(await explain(site, [], { ...question, from: "10.0.0.1" }));
  assert.deepEqual(told.slice(0, 2), [
    "client: 203.0.113.9 by http, as the proxy at 10.0.0.1 says (trustedProxies)",
    "guard: 203.0.113.9 may not come in (allow, deny)",
  ]);
  const [stranger] = asText(await explain(site, [], { ...question, from: "10.0.0.2" }));
  assert.equal(stranger, "client: 10.0.0.2, at the other end of the connection");
  await assert.rejects(explain(site, [], { ...question, from: "a.example" }), QuestionError);
});

test("explain() says how many requests the site answers at the same time", async (t) => {
  const root = makeSite(t, files);
  const site = resolvedSite({ root, concurrencyLimit: { requestCount: 2 } });
  const [told] = asText(await explain(site, [], { url: "/a.css" }));
  assert.equal(told, "guard: 503 for more than 2 requests at the same time (concurrencyLimit)");
});

test("explain() reads no more of a reply than its head", async (t) => {
  const root = makeSite(t, { "large.bin": "" });
  // Sparse; as a string it would not fit into memory.
  truncateSync(join(root, "large.bin"), 4 * 2 ** 30);
  const { head } = await explain(resolvedSite({ root, listing: true, zip: true }), [], { url: "/large.bin" });
  assert.ok(head.includes(`Content-Length: ${4 * 2 ** 30}`));
  const zip = await explain(resolvedSite({ root, listing: true, zip: true }), [], { url: "/?zip" });
  assert.ok(zip.head.includes("Content-Type: application/zip"));
});

test("explain() says which coding later requests would get, where a server would encode", async (t) => {
  const root = makeSite(t, files);
  const question = { url: "/b.js", fields: ["Accept-Encoding: gzip, br"] };
  const later = "later: would be compressed with br for later requests";
  assert.ok(asText(await explain(resolvedSite({ root }), [], question)).includes(later));
  assert.ok(!asText(await explain(resolvedSite({ root, compress: false }), [], question)).includes(later));
  assert.ok(!asText(await explain(resolvedSite({ root }), [], { ...question, canEncode: false })).includes(later));
  assert.ok(!asText(await explain(resolvedSite({ root }), [], { ...question, url: "/a.css" })).includes(later));
});

const OLD = script("one");
const NEW = script("two");
const versions = { "a/app-BxK3f9aZ.js": OLD, "a/app-CyL4g0bA.js": NEW };

test("explain() says which dictionary is used", async (t) => {
  const site = resolvedSite({ root: makeSite(t, versions), dictionaries: true });
  const fields = linesOf(offer(OLD, "app-BxK3f9aZ.js"));
  const explanation = await explain(site, [], { url: "/a/app-CyL4g0bA.js", fields });
  const steps = asText(explanation);
  assert.ok(steps.includes('dictionary: for later versions: match="/a/app-*.js", id="app-CyL4g0bA.js" (dictionaries)'));
  assert.ok(steps.some((step) => /^dictionary: dcb \(\d+ bytes\), by \/a\/app-BxK3f9aZ\.js$/.test(step)));
  assert.ok(explanation.head.includes("Content-Encoding: dcb"));
});

const noDictionary: readonly [fields: readonly string[], why: RegExp][] = [
  [[], /names none/],
  [["Available-Dictionary: :AAAA:", "Accept-Encoding: dcb"], /not the SHA-256/],
  [linesOf(offer(OLD, "app-BxK3f9aZ.js", { "Accept-Encoding": "br" })), /does not prefer dcb or dcz/],
  [linesOf(offer(OLD, "app-BxK3f9aZ.js", { Range: "bytes=0-1" })), /a part of the file/],
  [linesOf(offer(OLD, "app-BxK3f9aZ.js", { "Sec-Fetch-Site": "cross-site" })), /another origin asks/],
  [linesOf(offer(OLD, "lib-BxK3f9aZ.js")), /not the name of another version/],
  [linesOf(offer(OLD, "app-DzM5h1cB.js")), /not there any more/],
  [linesOf(offer(NEW, "app-BxK3f9aZ.js")), /another content/],
];
for (const [fields, why] of noDictionary) {
  test(`explain() says why no dictionary is used: ${why.source}`, async (t) => {
    const site = resolvedSite({ root: makeSite(t, versions), dictionaries: true });
    const steps = asText(await explain(site, [], { url: "/a/app-CyL4g0bA.js", fields }));
    assert.ok(steps.some((step) => step.startsWith("dictionary: none: ") && why.test(step)));
  });
}

test("explain() says why no dictionary is used: no id", async (t) => {
  const site = resolvedSite({ root: makeSite(t, versions), dictionaries: true });
  const fields = linesOf(offer(OLD, "")).filter((line) => !line.startsWith("Dictionary-ID"));
  const steps = asText(await explain(site, [], { url: "/a/app-CyL4g0bA.js", fields }));
  assert.ok(steps.some((step) => step.includes("does not say which file it is")));
});

const several = {
  "a.html": "<p>a</p>",
  "a.md": "a",
  "b.html": "<p>b</p>",
  "c.html": "<p>c</p>",
  "c.md": "c",
  "d.jpg": "photo d",
  "d.jpg.avif": "d",
  "d.webp": "photo d as WebP",
};
const D_WEBP = "d.webp (15 bytes, image/webp)";
for (const [url, accept, expected] of [
  ["/a.html", "text/markdown", ["a.md (1 bytes, text/markdown; charset=utf-8), more welcome than a.html (Accept)"]],
  ["/a.html", "text/html", ["none: the request does not name text/markdown; charset=utf-8 (Accept)"]],
  ["/a.html", "text/html, text/markdown;q=0.9", [/^not a\.md \(.*\): less welcome than a\.html \(Accept\)$/]],
  ["/b.html", "text/markdown", ["not /b.md: not there, or a rule leads elsewhere"]],
  ["/c.html", "text/markdown", ["not /c.md: it needs a password, and this path does not (auth)"]],
  ["/d.jpg", "image/avif,*/*", ["d.jpg.avif (1 bytes, image/avif), as welcome as d.jpg, and smaller (Accept)"]],
  [
    "/d.jpg",
    "image/webp,image/*",
    [
      "not d.jpg.avif (1 bytes, image/avif): the request does not name it (Accept)",
      `not ${D_WEBP}: as welcome as d.jpg, and no smaller (Accept)`,
    ],
  ],
  ["/d.jpg", "image/webp,*/*;q=0.5", [`${D_WEBP}, more welcome than d.jpg (Accept)`]],
  ["/d.jpg", "*/*", ["none: the request does not name image/avif or image/webp (Accept)"]],
] as const) {
  test(`explain() says which file is sent for ${url} to ${accept}, and why`, async (t) => {
    const auth = { for: ["/c.md"], users: { ada: PASSWORD_HASH } };
    const root = makeSite(t, several);
    const site = resolvedSite({ root, markdown: "negotiate", images: "negotiate", auth });
    const steps = asText(await explain(site, [], { url, fields: [`Accept: ${accept}`] }));
    const found = steps
      .filter((step) => step.startsWith("alternate: "))
      .map((step) => step.slice("alternate: ".length));
    assert.equal(found.length, expected.length, found.join("\n"));
    for (const [index, line] of expected.entries()) {
      if (typeof line === "string") assert.equal(found[index], line);
      else assert.match(found[index]!, line);
    }
  });
}

test("explain() says that an alternate may be that of another picture", async (t) => {
  const root = makeSite(t, { "a.jpg": "photo", "a.png": "drawing", "a.webp": "a" });
  const site = resolvedSite({ root, images: "negotiate" });
  const steps = asText(await explain(site, [], { url: "/a.jpg", fields: ["Accept: image/webp"] }));
  assert.ok(steps.includes("alternate: not a.webp: it may be made from a.png"), steps.join("\n"));
  assert.ok(steps.includes("alternate: not /a.jpg.webp: not there, or a rule leads elsewhere"), steps.join("\n"));
});

test("explain() says that an older alternate is not sent", async (t) => {
  const root = makeSite(t, { "a.jpg": "photo", "a.jpg.avif": "a" });
  utimesSync(join(root, "a.jpg.avif"), 1e9, 1e9);
  const site = resolvedSite({ root, images: "negotiate" });
  const steps = asText(await explain(site, [], { url: "/a.jpg", fields: ["Accept: image/avif"] }));
  assert.deepEqual(
    steps.filter((step) => step.startsWith("alternate: not ")),
    [
      "alternate: not a.jpg.avif: it is older than a.jpg",
      "alternate: not /a.avif: not there, or a rule leads elsewhere",
      "alternate: not /a.jpg.webp or /a.webp: not there, or a rule leads elsewhere",
    ],
  );
});

const digested = { "a.txt": "text", "large.bin": Buffer.alloc(SMALL_FILE_LIMIT_BYTES + 1), "set.txt": "set" };
for (const [url, fields, expected] of [
  ["/a.txt", ["Want-Repr-Digest: sha-256=1"], ["Repr-Digest: of 4 bytes"]],
  [
    "/a.txt",
    ["Want-Repr-Digest: sha-256=1", "Want-Content-Digest: sha-256=1", "Range: bytes=1-2"],
    ["Repr-Digest: of 4 bytes", "Content-Digest: of 2 bytes"],
  ],
  ["/a.txt", ["Want-Repr-Digest: md5=1"], [/^no Repr-Digest: the request does not name sha-256/]],
  ["/b.txt", ["Want-Repr-Digest: sha-256=1"], [/^no Repr-Digest: the reply has nothing of a file/]],
  ["/large.bin", ["Want-Repr-Digest: sha-256=1"], [/^no Repr-Digest: the file is hashed for later requests/]],
  [
    "/large.bin",
    ["Want-Content-Digest: sha-256=1", "Range: bytes=0-99999"],
    [/^no Content-Digest: a part of more than/],
  ],
  [
    "/large.bin",
    ["Want-Content-Digest: sha-256=1", "Range: bytes=0-1,5-6"],
    [/or several of a large file, are not hashed/],
  ],
  ["/set.txt", ["Want-Repr-Digest: sha-256=1"], [/^no Repr-Digest: a header rule has set it/]],
  ["/a.txt", [], []],
] as const) {
  test(`explain() says of ${url} with ${JSON.stringify(fields)}: ${expected.join(", ") || "no digest"}`, async (t) => {
    const headers = [{ for: "/set.txt", set: { "Repr-Digest": "sha-256=:AAAA:" } }];
    const site = resolvedSite({ root: makeSite(t, digested), digests: true, headers });
    const steps = asText(await explain(site, [], { url, fields }));
    const found = steps.filter((step) => step.startsWith("digest: ")).map((step) => step.slice("digest: ".length));
    assert.equal(found.length, expected.length);
    for (const [index, one] of expected.entries()) {
      if (typeof one === "string") assert.equal(found[index], one);
      else assert.match(found[index]!, one);
    }
  });
}

test("explain() says which fields options write", async (t) => {
  const site = {
    ...resolvedSite({ root: makeSite(t, { "a.html": "a" }) }),
    speculationRules: ["/rules.json"],
    noVarySearch: { except: [] },
    clearSiteData: [{ for: "/a.html", clear: ["*"] }],
  } as const;
  const steps = asText(await explain(site, [], { url: "/a.html" })).filter((step) => step.startsWith("fields: "));
  assert.deepEqual(steps, [
    "fields: No-Vary-Search (noVarySearch)",
    "fields: Speculation-Rules (for /*.html)",
    "fields: Clear-Site-Data (for /a.html)",
  ]);
});

const visited = { "a.html": "<p>a</p>", "b.html": "<p>b</p>" };
const visit = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
const preload = "</a.css>; rel=preload; as=style";
for (const [url, fields, earlyHints, expected] of [
  ["/a.html", visit, "all", `hints: 103 with Link: ${preload} (earlyHints)`],
  ["/a.html", visit, "http2", `hints: 103 with Link: ${preload} (earlyHints, by HTTP/2 only)`],
  ["/a.html", [], "all", /^hints: none: only browsers get them that visit a page/],
  ["/a.html", [...visit, "If-None-Match: *"], "all", /^hints: none: the browser has the page/],
  ["/b.html", visit, "all", /^hints: none: no Link field of the page/],
] as const) {
  test(`explain() says what goes ahead of ${url} with ${earlyHints} for ${fields.join(", ")}`, async (t) => {
    const headers = [{ for: "/a.html", set: { Link: preload } }];
    const site = resolvedSite({ root: makeSite(t, visited), earlyHints, headers });
    const explained = await explain(site, [], { url, fields });
    const found = asText(explained).filter((step) => step.startsWith("hints: "));
    assert.equal(found.length, 1);
    if (typeof expected === "string") assert.equal(found[0], expected);
    else assert.match(found[0]!, expected);
    assert.match(explained.head[0]!, /^HTTP\/1\.1 (?:200|304) /);
  });
}

test("explain() says which rule redirects, rewrites or falls back", async (t) => {
  const root = makeSite(t, files);
  const site = {
    root,
    redirects: [{ from: "/old", to: "/new" }],
    rewrites: [{ from: "/x/*", to: "/a.css" }],
    fallback: "/index.html",
  };
  assert.deepEqual(asText(await explain(resolvedSite(site), [], { url: "/old" })), [
    "path: /old",
    "redirect: 308 to /new (from /old)",
  ]);
  assert.ok(asText(await explain(resolvedSite(site), [], { url: "/x/y" })).includes("rewrite: /a.css (from /x/*)"));
  const navigation = await explain(resolvedSite(site), [], { url: "/users/1", fields: ["Sec-Fetch-Mode: navigate"] });
  assert.ok(asText(navigation).includes("fallback: /index.html (a navigation)"));
  assert.equal(navigation.head[0], "HTTP/1.1 200 OK");
});

test("explain() asks the site of the host, and uses the method that it is told", async (t) => {
  const [root, other] = [makeSite(t, files), makeSite(t, { "only.txt": "here" })];
  const sites = [{ host: "other.example", site: resolvedSite({ root: other }) }];
  const found = await explain(resolvedSite({ root }), sites, { url: "https://other.example/only.txt" });
  assert.equal(found.head[0], "HTTP/1.1 200 OK");
  assert.equal(asText(found)[0], "site: other.example");
  const lost = await explain(resolvedSite({ root }), sites, { url: "/only.txt" });
  assert.equal(lost.head[0], "HTTP/1.1 404 Not Found");
  assert.equal(asText(lost)[0], "site: the default: sites has no entry for this host");
  const named = await explain(resolvedSite({ root }), sites, { url: "/only.txt", fields: ["host: other.example"] });
  assert.equal(named.head[0], "HTTP/1.1 200 OK");
  const posted = await explain(resolvedSite({ root }), [], { url: "/", method: "POST" });
  assert.match(posted.head[0] ?? "", /405/);
  assert.deepEqual(asText(posted), ["method: POST is not about a file"]);
  const health = await explain(resolvedSite({ root }), [], { url: "/up", healthPath: "/up" });
  assert.equal(health.head[0], "HTTP/1.1 200 OK");
  assert.deepEqual(asText(health), ["health: the path at which the server says whether it is ready (healthPath)"]);
});

const HASH = `$2b$04$${"a".repeat(53)}`;
const preflight = ["Origin: https://a.example", "Access-Control-Request-Method: GET"];
const whys: [site: object, question: Parameters<typeof explain>[2], step: string][] = [
  [
    { auth: { users: { ada: HASH } } },
    { url: "/" },
    "guard: this path needs a password, and the request did not have the right one (auth)",
  ],
  [{ maintenance: true }, { url: "/" }, "guard: the site is closed (maintenance)"],
  [
    { maintenance: { allow: ["10.0.0.1"] } },
    { url: "/" },
    "guard: maintenance lets it pass, because it comes from no address",
  ],
  [{ deny: ["10.0.0.1"] }, { url: "/" }, "guard: allow and deny let it pass, because it comes from no address"],
  [{ cors: true }, { url: "/", method: "OPTIONS", fields: preflight }, "guard: answered a CORS preflight (cors)"],
  [{}, { url: "/old.css" }, "codings: not old.css.gz: it is older than old.css"],
  [{}, { url: "/empty/" }, "file: not found: there is no index.html, and folders are not listed (listing)"],
  [{ listing: true }, { url: "/missing/" }, "file: not found: there is no such folder"],
  [{}, { url: "/missing" }, "file: not found"],
  [
    { siteFiles: "netlify" },
    { url: "/_headers" },
    "file: not found: it configures the site, and is hidden (siteFiles)",
  ],
  [
    { fallback: "/index.html" },
    { url: "/users/1" },
    "fallback: not /index.html, which only navigations get: Sec-Fetch-Mode: navigate, or text/html in Accept",
  ],
  [
    { rewrites: [{ from: "/*", to: "/a.css", onlyMissing: true }] },
    { url: "/missing" },
    "rewrite: /a.css (from /*, only for missing paths)",
  ],
  [{ errorPages: {} }, { url: "/missing" }, "page: the server's own"],
  [{}, { url: "/missing" }, "page: the site's own for 404 (errorPages)"],
  [{ securityHeaders: true }, { url: "/" }, "fields: protective headers (securityHeaders)"],
  [{ hsts: true, tls: { cert: "a", key: "b" } } as object, { url: "/" }, "fields: Strict-Transport-Security (hsts)"],
  [{ cors: true }, { url: "/" }, "fields: headers that let other origins read it (cors)"],
  [{ headers: [{ for: "/*.html", set: { "X-A": "b" } }] }, { url: "/" }, "fields: X-A (for /*.html)"],
  [{ fallback: "/app.html" }, { url: "/users/1", fields: ["Accept: text/html"] }, "fallback: there is no such page"],
  [
    { fallback: "/index.html", auth: { users: { ada: HASH }, for: ["/index.html"] } },
    { url: "/users/1", fields: ["Accept: text/html"] },
    "fallback: not used: the fallback page needs a password, and this path does not",
  ],
  [{}, { url: "/no.css" }, "codings: not no.css.gz: its first bytes are not those of a file in this coding"],
  [{}, { url: "/logo.svgz" }, "codings: gzip, as the file is; decoded for clients that do not accept it"],
  [{}, { url: "/index-BxK3f9aZ.js" }, "caching: public, max-age=31536000, immutable (by its name)"],
  [{ immutable: false }, { url: "/index-BxK3f9aZ.js" }, "caching: no-cache"],
  [{ headers: [{ for: "/*", set: { "cache-control": "no-store" } }] }, { url: "/a.css" }, "caching: by a header rule"],
];
for (const [site, question, step] of whys) {
  test(`explain() says of ${JSON.stringify(question)} with ${JSON.stringify(site)} "${step}"`, async (t) => {
    const root = makeSite(t, {
      ...files,
      "index-BxK3f9aZ.js": "x",
      "empty/a.txt": "a",
      "old.css.gz": "x",
      "old.css": "x",
      "no.css": "x",
      "no.css.gz": "x",
      "logo.svgz": gzipSync("<svg/>"),
      _headers: "",
    });
    utimesSync(join(root, "old.css.gz"), 1, 1);
    assert.ok(asText(await explain(resolvedSite({ root, ...site }), [], question)).includes(step));
  });
}

test("StepsInWords says of an address that it may not come in", async (t) => {
  const said: string[] = [];
  const steps = new StepsInWords(resolvedSite({ root: makeSite(t) }), [], (step, what) =>
    said.push(`${step}: ${what}`),
  );
  steps.addressRefused("192.0.2.7");
  assert.deepEqual(said, ["guard: 192.0.2.7 may not come in (allow, deny)"]);
});

const targets: [url: string, path: string][] = [
  ["/a/../b#c", "path: /b"],
  ["/../b", "path: /../b (refused: the path climbs above the root)"],
  ["//b", "path: //b (hidden: two slashes stand next to each other, and no file has an empty name)"],
  ["/.env", "path: /.env (hidden: a name begins with a dot; of those only /.well-known is served)"],
  ["/é d", "path: /%C3%A9%20d"],
  ["http://example.com/é d?x#y", "path: /%C3%A9%20d"],
  ["HTTP://example.com", "path: /"],
];
for (const [url, path] of targets) {
  test(`explain() asks for ${url} as it is sent`, async (t) => {
    assert.equal(asText(await explain(resolvedSite({ root: makeSite(t, files) }), [], { url }))[0], path);
  });
}

const refused: [question: Parameters<typeof explain>[2], message: RegExp][] = [
  [{ url: "/", fields: ["A: b\r\nC: d"] }, /wanted a field line/],
  [{ url: "/", fields: ["A"] }, /found "A", wanted a field line/],
  [{ url: "/", fields: ["A : b"] }, /wanted a field line/],
  [{ url: "/", method: "GET /x" }, /wanted a method/],
  [{ url: "example.com/x" }, /wanted an address.*: perhaps http:\/\/example\.com\/x, or \/example\.com\/x$/],
  [{ url: "ftp://example.com/" }, /wanted an address.*, or a path, like "\/a"$/],
  [{ url: "http://" }, /wanted an address/],
  [{ url: "http://ada:secret@example.com/" }, /^found a user name in the address, wanted it as -H/],
];
for (const [question, message] of refused) {
  test(`explain() refuses ${JSON.stringify(question)}`, async (t) => {
    await assert.rejects(explain(resolvedSite({ root: makeSite(t) }), [], question), (error) => {
      assert.ok(error instanceof QuestionError);
      assert.match(error.message, message);
      return true;
    });
  });
}

test("explain() throws what kept the server from an answer", async (t) => {
  const root = makeSite(t);
  await assert.rejects(explain(resolvedSite({ root: `${root}/gone` }), [], { url: "/" }), /cannot serve/);
});

test("explain() says which clients may come in, and answers for the one that is named", async (t) => {
  const site = { ...resolvedSite({ root: makeSite(t, files) }), allowClients: ["CN=ada,O=Example"] };
  const told = async (client?: string): Promise<string | undefined> => {
    const explained = await explain(site, [], { url: "/a.css", ...(client !== undefined && { client }) });
    return asText(explained)[0];
  };
  assert.equal(await told(), "guard: a client without a certificate may not come in (allowClients)");
  assert.equal(await told("CN=bob"), "guard: CN=bob may not come in (allowClients)");
  assert.equal(await told("CN=ada,O=Example"), "path: /a.css");
});
