// Which file a path leads to: with and without .html, with and without the slash of a folder.
import { testReplies } from "../support/reply-table.ts";

const FILES = { "about.html": "about", "docs/index.html": "docs" };

testReplies(FILES, [
  {
    // Complaint: static-web-server #615, http-server #351
    name: "with clean URLs, /about is answered with about.html",
    site: { cleanUrls: true },
    target: "/about",
    reply: { status: 200, text: "about" },
  },
  {
    // Complaint: static-web-server #228
    name: "with clean URLs, a path with .html is redirected to the path without it",
    site: { cleanUrls: true },
    target: "/about.html",
    reply: { status: 301, fields: { location: "/about" } },
  },
  {
    // Complaint: serve #565 (a service worker may not keep a redirected page)
    name: "without clean URLs, a path with .html is not redirected",
    target: "/about.html",
    reply: { status: 200, text: "about" },
  },
  {
    // Complaint: @fastify/static (redirect off)
    name: "a folder without its slash is redirected, and not 404",
    target: "/docs",
    reply: { status: 301 },
  },
]);
