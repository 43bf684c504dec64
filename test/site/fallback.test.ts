// The page of a single-page application, for paths that have no file.
import { testReplies } from "../support/reply-table.ts";

testReplies({ "index.html": "home" }, [
  {
    // Complaint: http-server #369 (it looks at the requested path), sirv (it looks at the extension)
    name: "a navigation to a path without a file gets the fallback page",
    site: { fallback: "/index.html" },
    target: "/users/jane.doe",
    fields: { "Sec-Fetch-Mode": "navigate" },
    reply: { status: 200, text: "home" },
  },
  {
    // Complaint: static-web-server, serve (-s)
    name: "a script that is not there is 404, and not the fallback page",
    site: { fallback: "/index.html" },
    target: "/app.123.js",
    fields: { "Sec-Fetch-Mode": "no-cors", Accept: "*/*" },
    reply: { status: 404 },
  },
]);
