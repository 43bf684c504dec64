// Requests for parts of a file.
import { testReplies } from "../support/reply-table.ts";

const FILES = { "a.txt": "0123456789", "app.css": "the original", "app.css.br": "in br" };

testReplies(FILES, [
  {
    // Complaint: http-server (observed)
    name: "Range: bytes=-N gets the last N bytes, and not 416",
    target: "/a.txt",
    fields: { Range: "bytes=-3" },
    reply: { status: 206, text: "789" },
  },
  {
    // Complaint: sirv (observed), srvx #275
    name: "Range: bytes=-N gets the last N bytes, and not the first N",
    target: "/a.txt",
    fields: { Range: "bytes=-5" },
    reply: { status: 206, text: "56789" },
  },
  {
    // Complaint: send #114, serve, sirv, http-server
    name: "several ranges are sent as multipart/byteranges",
    target: "/a.txt",
    fields: { Range: "bytes=0-1,8-9" },
    reply: {
      status: 206,
      text: /01\r\n[\s\S]*89\r\n/,
      fields: { "content-type": /^multipart\/byteranges; boundary=/ },
    },
  },
  {
    name: "several ranges of a file whose type a rule sets are multipart/byteranges, and its parts have that type",
    site: { headers: [{ for: "/*.txt", set: { "content-type": "text/x-own; charset=utf-8" } }] },
    target: "/a.txt",
    fields: { Range: "bytes=0-1,8-9" },
    reply: {
      status: 206,
      text: /^\r\n--[^\r]+\r\nContent-Type: text\/x-own; charset=utf-8\r\nContent-Range: bytes 0-1\/10\r\n\r\n01\r\n/,
      fields: { "content-type": /^multipart\/byteranges; boundary=/ },
    },
  },
  {
    name: "several ranges of a file whose type a rule removes are multipart/byteranges all the same",
    site: { headers: [{ for: "/*.txt", set: { "Content-Type": null } }] },
    target: "/a.txt",
    fields: { Range: "bytes=0-1,8-9" },
    reply: {
      status: 206,
      text: /^\r\n--[^\r]+\r\nContent-Range: bytes 0-1\/10\r\n\r\n01\r\n/,
      fields: { "content-type": /^multipart\/byteranges; boundary=/ },
    },
  },
  {
    // Complaint: serve (observed)
    name: "If-Range with another entity tag gets the whole file",
    target: "/a.txt",
    fields: { Range: "bytes=0-1", "If-Range": '"other"' },
    reply: { status: 200, text: "0123456789" },
  },
  {
    // Complaint: static-web-server #722
    name: "a range of a precompressed file is a range of its compressed bytes",
    target: "/app.css",
    fields: { "Accept-Encoding": "br", Range: "bytes=3-4" },
    reply: { status: 206, text: "br", fields: { "content-range": "bytes 3-4/5" } },
  },
]);
