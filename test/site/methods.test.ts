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
]);
