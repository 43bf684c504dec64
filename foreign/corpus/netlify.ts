// Rules for Netlify in the shapes that public `_redirects` and `_headers` have, written anew, and paths to ask each with.

/** Sources of rules, most of them met in real files. */
const SOURCES: readonly string[] = [
  "/",
  "/about",
  "/about/",
  "/about-us.html",
  "/index.php",
  "/v8.0.0",
  "/8.0.0",
  "/releases/1.2",
  "/@user",
  "/~ann",
  "/c++",
  "/a(b)",
  "/a[b]",
  "/über/uns",
  "/caf\u00e9",
  "/Team",
  "/Talk:Main",
  "/wiki/File:Logo.png",
  "/12:30",
  "/a,b;c=d",
  "/a&b",
  "/!important",
  "/it's",
  "/$money",
  "/a|b",
  "/feed.xml",
  "/blog/feed/",
  "/docs/getting-started/install",
  "/.well-known/webfinger",
  "/.old/page",
  "/*",
  "/*/",
  "/blog/*",
  "/blog/*/",
  "/docs/v1/*",
  "/docs/*/index.html",
  "/*/index.html",
  "/en/*/about",
  "/a*",
  "/post-*",
  "/jobs/ninja*",
  "/a*/b",
  "/a/*/b/*",
  "/*/*",
  "/x/*/y/*/z",
  "/p/*/:id",
  "/p/:id/*",
  "/p/:id/*/edit",
  "/:lang/*",
  "/:splat/*",
  "/:page",
  "/:page/",
  "/:a/:b",
  "/:a/:a",
  "/:year/:month/:day/:slug",
  "/news/:year/:month/:slug",
  "/news/:id/comments",
  "/u/:user-name",
  "/u/:user_name/posts",
  "/u/:1",
  "/u/:\u00e9t\u00e9",
  "/u/:",
  "/:id/:idx",
  "/:idx/:id",
  "/tag/:tag/page/:n",
  "/shop/:category/:product/",
  "/s/:a/:b/:c/:d",
  "old",
  "old/page",
  "*",
  "*/page",
  ":page/x",
  "/x/%20y",
  "/a%2Bb",
  "/files/report.2024.pdf",
  "/a.b/*",
  "/a.b/:c.d",
  "/blog/:slug.html",
  "/:year-:month/:slug",
  "/*.html",
  "/a*b",
  "/a/**",
  "/:x*",
];

/** Targets: what the source captures is filled into some, and others have other names. */
const TARGETS: readonly string[] = [
  "/new",
  "/new/",
  "/",
  "/new/:splat",
  "/new/:splat/",
  "/:splat",
  "/b/:splat.html",
  "/b/:splats/x",
  "https://example.com/:splat",
  "https://example.com",
  "http://other.example:8080/a?b=c#d",
  "/b/:id",
  "/b/:id/:idx/:slug",
  "/b/:slug?id=:id&y=:year",
  "/:year/:month/:day/:slug/",
  "/:year_:month",
  "/:lang/:splat",
  "/:b/:a/:c",
  "/u/:user-name/:user_name/:1/:\u00e9t\u00e9",
  "/item?id=:id#:id",
  "/:page.html",
  "/tags/:tag-:n",
  "/b/*/c",
  "/\u00fcber/a",
  "/a%20b",
];

const ENDINGS: readonly string[] = ["", " 301", " 302", " 200", " 301!", " 200!", " 307 # moved", " 308", " 303", " 302!"];

/** Lines that the table above does not have: what is refused or reported, and odd spacing. */
const FURTHER_LINES: readonly string[] = [
  "/x/* 200",
  "/x/* 200!",
  "x/* 200",
  "/* 200",
  "/x/* 201",
  "/x 200",
  "/x/* 301",
  "/x/:y/* 200",
  "/a",
  "/a b",
  "/a 301 /b",
  "/a /b /c",
  "/a /b permanent",
  "/a /b 410",
  "/a /b 500",
  "/a /b 0",
  "/a /b 404",
  "/* /404.html 404",
  "/* /404.html 404!",
  "/en/* /en/404.html 404",
  "/a\t\t/b\t302",
  "   /a    /b    ",
  "/a /b 301 Country=de",
  "/a /b 301 Country=de,at Language=de",
  "/a /b 301 language=fr",
  "/admin/* /admin/:splat 200! Role=admin",
  "/a /b 301 Cookie=nf_ab",
  "/a /b 200 Sign=KEY",
  "/store id=:id /blog/:id 301",
  "/store id=5 /blog/5",
  "/store a=:a b=:b /:a/:b",
  "/a?x=1 /b",
  "/a#b /c",
  "/a /b#c",
  "/a /b?c=d",
  "/a/:b? /c",
  "https://example.com/a /b",
  "http://blog.example/* https://example.com/blog/:splat 301!",
  "https://other.example/* /x/:splat",
  "/api/* https://api.example/:splat 200",
  "/a HTTP://example.com/",
  "/a ftp://example.com/",
  "/.netlify/x /y",
  "/.netlify-x /y",
  "/hook /.netlify/functions/hook 200",
  "/a //evil.example/",
  "/a//b /c",
  "//a /b",
  "/a/./b /c",
  "/a/../b /c",
  "/a/* /a/b/:splat",
  "/about /about/",
  "/about/ /about",
  "/* /soon.html 302!",
  "/* /soon.html 302",
  "/:x /b 301",
  "/a\\b /c",
  "/a%2Fb /c",
  "/%61 /b",
  "/a%2a /b",
  "/a /b 301 # why",
  "/a /b #why",
  "/a # why",
  "/* / 200",
  "/* /app/ 200",
  "/* /index.html 200!",
  "/app/* /app/index.html 200",
  "/a/.hidden /b",
  "/a /.hidden 200",
  "/a /b/.hidden 301",
  "/a /.well-known/x 200",
];

/** Several lines: the first that matches applies. */
const FILES: readonly string[] = [
  "/a /one\n/a /two",
  "/a/b /one\n/a/* /two",
  "/a/* /one/:splat\n/a/b /two",
  "/a/:b /one/:b\n/a/* /two/:splat\n/* /three/:splat",
  "/a /one 302\n/a/* /two/:splat 200\n/* /index.html 200",
  "/api/* 200\n/* /index.html 200",
  "/api/* /v2/:splat 200\n/api/x /y",
  "/api/* /v2/:splat 200\n/api/x /y 301!",
  "/b/new /n 200\n/b/* /m/:splat",
  "/b/* /m/:splat 301\n/b/new /n 200",
  "/a /one\n/a /two 301!",
  "/a/* /one\n/a/b /two 301!",
  "/a/:b /one\n/a/* /two 302!",
  "/* /404.html 404\n/a /b",
  "/a /b 301 Country=de\n/a /c",
  "/old/* /new/:splat 301!\n/old/x /y 302",
  "# first\n\n/a /b # why\n   # last\n/c /d 302",
  "/a/index.html /a/ 301\n/a/*.html /a/:splat 301\n/a/:x /b/:x",
  "/en/* /:splat 302\n/de/* /de/:splat 200\n/* /en/:splat 302",
  "/:a/x /1/:a\n/y/:b /2/:b\n/y/x /3",
];

/** One line each, and the files. */
export function redirectFiles(): readonly string[] {
  const lines = SOURCES.flatMap((source, index) => {
    const own = ownTargets(source);
    const others = [0, 1, 2].map((turn) => TARGETS[(index * 3 + turn * 7) % TARGETS.length]!);
    return [...own, ...others].map((to, turn) => `${source} ${to}${ENDINGS[(index + turn * 3) % ENDINGS.length]}`);
  });
  return [...lines, ...FURTHER_LINES, ...FILES];
}

/** Targets that use what the source captures. */
function ownTargets(source: string): readonly string[] {
  const names = [...source.matchAll(/(?:^|\/)(:[^/]+)/g)].map(([, name = ""]) => name);
  if (names.length === 0) return [source.includes("*") ? "/new/:splat" : "/moved/here", "https://example.com/x"];
  return [`/n/${names.join("/")}`, `/q?v=${names.join("-")}${source.includes("*") ? "&s=:splat" : ""}`];
}

/** What a path of rules is asked with: paths that it matches, and their neighbours. */
export function pathsFor(rules: string): readonly string[] {
  const sources = rules
    .split("\n")
    .map((line) => line.trim().split(/\s+/)[0] ?? "")
    .filter((source) => source !== "" && !source.startsWith("#"))
    .map((source) => source.replace(/^https?:\/\/[^/]*/, "").replace(/[?#].*/, ""));
  const near = sources.flatMap((source) => {
    const path = source.startsWith("/") ? source : `/${source}`;
    const filled = (star: string, name: string): string =>
      path.replaceAll(/\/:[^/]*/g, `/${name}`).replaceAll("*", star).replaceAll(/\/{2,}/g, "/");
    const bare = filled("", "one").replace(/(.)\/$/, "$1");
    return [
      bare,
      `${bare}/`.replace("//", "/"),
      `${bare}x`,
      `${bare}/x`.replace("//", "/"),
      filled("s", "two"),
      filled("s/t", "a b"),
      filled("s/t/", "\u00fc-1"),
      path.replaceAll("*", "s"),
      path.replaceAll(":", "x"),
      bare.toUpperCase(),
      bare.replace(/[^/]+$/, ""),
      bare.replace(".", "x"),
      `${bare}.html`,
    ];
  });
  const common = ["/", "/a", "/a/b", "/a/b/c", "/old", "/x/y", "/.env", "/blog/x/y/z", "/index.html", "/y/x"];
  return [...new Set([...near, ...common])].filter((path) => path.startsWith("/")).slice(0, 24);
}

const HEADER_PATHS: readonly string[] = [
  "/",
  "/*",
  "/*/",
  "/about",
  "/about/",
  "/about.html",
  "/v8.0.0",
  "/assets/*",
  "/assets/*/",
  "/static/*.js",
  "/*.jpg",
  "/*.html",
  "/**/*.html",
  "/a/**",
  "/a/*/b",
  "/a/*/b/*.css",
  "/*/b",
  "/*/*",
  "/blog/:slug",
  "/blog/:slug/",
  "/blog/:slug.html",
  "/blog/:year/:month",
  "/:a/:a",
  "/:lang/*",
  "/u/:user-name",
  "/a*",
  "/a*b",
  "/a/:b*",
  "/Talk:Main",
  "/12:30",
  "/Team",
  "/caf\u00e9/*",
  "/a b",
  "/c++",
  "/c++/*",
  "/@user",
  "//a//b/",
  "/.well-known/*",
  "/sw.js",
  "/fonts/*.woff2",
];

/** Each with one path, and some with several blocks. */
export function headerFiles(): readonly string[] {
  const single = HEADER_PATHS.map((path, index) => `${path}\n  X-A: ${index}\n  X-B: b: ${index}, c`);
  const pairs = HEADER_PATHS.map((path, index) => {
    const other = HEADER_PATHS[(index * 7 + 3) % HEADER_PATHS.length]!;
    return `# both\n${path}\n  X-A: 1\n  x-c: one\n${other}\n  X-A: 2\n  X-A: 3\n\n/*\n  X-D: last`;
  });
  return [...single, ...pairs, ...ODD_HEADER_FILES];
}

const ODD_HEADER_FILES: readonly string[] = [
  "X-A: 1\n/a\n  X-A: 2",
  "/a\n  nothing\n  X-A: 1",
  "/a\n  X-A:\n  X-B: 1",
  "/a\n  : 1\n  X-B: 1",
  "/a\n  ! X-A\n/b\n  X-A: 1",
  "/a\nX-A: 1\nX-B:2\n/b\n\tX-A:3",
  "/a\n  Link: </a.css>; rel=preload\n  Link: </b.js>; rel=preload",
  "/a\n  Set-Cookie: a=1\n  Set-Cookie: b=2",
  "/a\n  Basic-Auth: ann:secret",
  "/a\n  X-A: a   ,   b",
  "/a\n  Cache-Control: public\n  cache-control: max-age=1",
  "https://example.com/*\n  X-A: 1",
  "/a # why\n  X-A: 1",
  "/a\n  X-A: 1 # not a comment",
  "/m/:title\n  X-Name: :title",
  "/a\n/b\n  X-A: 1",
  "/a\n  X-A: 1\n/a\n  X-A: 2\n  X-B: 2",
  "/a\n  Server: me\n  X-A: 1",
  "/a\n  X-A: \u00fc",
  "/a?b\n  X-A: 1",
];
