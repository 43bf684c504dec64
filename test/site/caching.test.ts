// How long clients may keep a file when the options do not say.
import { testReplies } from "../support/reply-table.ts";

const FILES = { "index.html": "home", "assets/index-BxK3f9aZ.js": "hashed", "app.js": "not hashed" };

testReplies(FILES, [
  {
    // Complaint: http-server #829 #407 #337 #287 #149
    name: "a page is kept only with a check for changes",
    target: "/index.html",
    reply: { status: 200, fields: { "cache-control": "no-cache" } },
  },
  {
    // Complaint: static-web-server #135
    name: "a script without a fingerprint in its name is not kept for a year",
    target: "/app.js",
    reply: { status: 200, fields: { "cache-control": "no-cache" } },
  },
  {
    // Complaint: srvx #156, sirv #152
    name: "a file with a fingerprint in its name is immutable",
    target: "/assets/index-BxK3f9aZ.js",
    reply: { status: 200, fields: { "cache-control": "public, max-age=31536000, immutable" } },
  },
]);
