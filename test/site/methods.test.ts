// Methods that a file does not have.
import { testReplies } from "../support/reply-table.ts";

testReplies({ "a.txt": "0123456789" }, [
  {
    // Complaint: serve (observed), sirv (observed)
    name: "POST to a file gets 405, with the methods that are allowed",
    method: "POST",
    target: "/a.txt",
    reply: { status: 405, fields: { allow: "GET, HEAD, OPTIONS" } },
  },
  {
    name: "QUERY to a file gets 405 and not 501: the method is known, safe as it is (RFC 10008)",
    method: "QUERY",
    target: "/a.txt?a=b",
    fields: { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": "3" },
    reply: { status: 405, fields: { allow: "GET, HEAD, OPTIONS", "accept-query": undefined } },
  },
  {
    name: "QUERY to a missing file is no question about it either",
    method: "QUERY",
    target: "/lost.txt",
    reply: { status: 405, fields: { allow: "GET, HEAD, OPTIONS" } },
  },
  {
    name: "a method is written in capitals: query is none",
    method: "query",
    target: "/a.txt",
    reply: { status: 501 },
  },
]);
