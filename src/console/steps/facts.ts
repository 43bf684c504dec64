// What each step is: for people, and always the same. The page shows it beside what has happened in the step. Each function
// is declared in the file that is named: steps.test.ts looks it up, as test/a-request.test.ts does for docs/a-request.md.
import type { StepName } from "./step.ts";

export interface StepFacts {
  readonly title: string;
  /** What will be done, for somebody who is about to let it happen. */
  readonly will: string;
  /** Why it is done so. */
  readonly why: string;
  /** "RFC 9112 §2.2", and what it is about; none where the matter is between the program and its kernel. */
  readonly sections: readonly (readonly [section: string, about: string])[];
  /** Of the server: the learner's thread calls the engine and the handler themselves, and makes the calls of the transport. */
  readonly places: readonly (readonly [name: string, file: string])[];
  /** The number of the station in docs/a-request.md. */
  readonly station: number;
}

export const STEP_FACTS: Readonly<Record<StepName, StepFacts>> = {
  listen: {
    title: "The socket listens",
    will: "ask the kernel for a socket with an address, and let it listen",
    why: "From now on the kernel answers clients by itself: it makes the handshake of TCP, and keeps the connection in a queue. A client is connected before any thread knows of it.",
    sections: [["RFC 9293 §3.5", "the handshake"]],
    places: [
      ["bindAll", "src/threads/listening/address.ts"],
      ["listenBound", "src/transport/kernel/listener.ts"],
    ],
    station: 2,
  },
  accept: {
    title: "A connection is accepted",
    will: "take the first connection from the queue of the socket",
    why: "The socket that listens carries no bytes of HTTP. The call gives a new number, a descriptor, and by that the connection is read and written. TCP_NODELAY: no small packet is held back.",
    sections: [["RFC 9112 §9", "connections"]],
    places: [
      ["acceptNext", "src/transport/kernel/transport.ts"],
      ["adopt", "src/transport/kernel/transport.ts"],
    ],
    station: 5,
  },
  bytes: {
    title: "Bytes come in",
    will: "read what has arrived from the socket",
    why: "TCP keeps the order of the bytes and not the borders between calls: this can be half of a request, or three. 0 bytes mean that the client has ended its half; a response that is owed is sent all the same.",
    sections: [["RFC 9293 §2.2", "a stream of bytes"]],
    places: [
      ["ready", "src/transport/kernel/pump.ts"],
      ["receive", "src/transport/kernel/pump.ts"],
    ],
    station: 7,
  },
  head: {
    title: "The head is parsed",
    will: "give the bytes to the engine, and ask it what they are",
    why: "No system call: only memory is touched. The parser looks at each byte once, and refuses what two servers could read in different ways.",
    sections: [
      ["RFC 9112 §2.2", "lines"],
      ["RFC 9112 §3", "request line"],
      ["RFC 9112 §5", "field lines"],
      ["RFC 9112 §6.3", "how long the message is"],
    ],
    places: [
      ["parse", "src/http1/head-parser.ts"],
      ["contentLength", "src/http1/framing.ts"],
    ],
    station: 8,
  },
  guard: {
    title: "The guard is asked",
    will: "ask whether this client may have this at all",
    why: "Addresses, rates, passwords and the method come first: of a request that is stopped here, no file is touched.",
    sections: [
      ["RFC 9110 §11", "authentication"],
      ["RFC 9110 §9", "methods"],
    ],
    places: [
      ["createHandler", "src/site/handler.ts"],
      ["createGuard", "src/features/access/guard.ts"],
    ],
    station: 10,
  },
  plan: {
    title: "The path becomes a plan",
    will: "find the file, redirect or page that this path leads to",
    why: "A plan has all that depends on the path alone: which file, its type, its tag, its compressed forms. It is made once, kept, and looked at again when it is a second old. RESOLVE_BENEATH: the kernel itself keeps the path inside of the folder. EAGAIN: the disk would have to be asked, so a thread of libuv's pool does that, and this one could serve others. Of the file that is found, statx tells the size and the age.",
    sections: [
      ["RFC 9110 §3.2", "representations"],
      ["RFC 9110 §8.8", "validators"],
    ],
    places: [
      ["find", "src/site/lookup.ts"],
      ["resolvePath", "src/content/resolve.ts"],
    ],
    station: 11,
  },
  answer: {
    title: "The answer is chosen",
    will: "choose the status and the content, from the plan and the request",
    why: "Here the request decides: the client may have the file already (304), want a part of it (206), or accept it compressed. A pure function of plan and request.",
    sections: [
      ["RFC 9110 §13.2.2", "preconditions"],
      ["RFC 9110 §14", "ranges"],
      ["RFC 9110 §12.5.3", "codings"],
    ],
    places: [
      ["answer", "src/content/answer.ts"],
      ["evaluatePreconditions", "src/http/preconditions.ts"],
      ["parseRanges", "src/http/range.ts"],
    ],
    station: 12,
  },
  write: {
    title: "The response is written",
    will: "write the head, with the content if that is short, and give both to the socket",
    why: "The connection adds what does not belong to the file: the date, the length, and whether the connection stays. Head and short content leave by one call.",
    sections: [
      ["RFC 9112 §4", "status line"],
      ["RFC 9110 §8.6", "Content-Length"],
    ],
    places: [
      ["sendReply", "src/http1/connection.ts"],
      ["write", "src/http1/head-writer.ts"],
      ["flush", "src/transport/kernel/socket-writer.ts"],
    ],
    station: 14,
  },
  file: {
    title: "The content follows",
    will: "send the content that is too long to go with the head",
    why: "The kernel moves a file from its page cache to the socket by itself. When the socket is full, the server waits until the client has taken some of it: so its memory does not fill.",
    sections: [
      ["RFC 9110 §8.6", "a length is a promise"],
      ["RFC 9112 §7.1", "chunks, where nobody knows the length"],
    ],
    places: [
      ["sendSlice", "src/transport/kernel/send-slice.ts"],
      ["sendPart", "src/transport/kernel/content-cursor.ts"],
    ],
    station: 15,
  },
  content: {
    title: "The content of the request is dropped",
    will: "read to the end of this request, and drop its content",
    why: "Files take no content, but the next request begins where this content ends: so it has to be read, by its length or chunk by chunk.",
    sections: [
      ["RFC 9112 §6.3", "how long the message is"],
      ["RFC 9112 §7.1", "chunks"],
    ],
    places: [
      ["readContent", "src/http1/request-side.ts"],
      ["ChunkedReader", "src/http1/body-reader.ts"],
    ],
    station: 9,
  },
  next: {
    title: "The connection stays, or ends",
    will: "ask the engine whether the connection stays",
    why: "Both sides are done. If neither wants the end, both go back to idle, and the next request comes by the same connection.",
    sections: [
      ["RFC 9112 §9.3", "persistence"],
      ["RFC 9112 §9.3.2", "pipelining"],
    ],
    places: [["endExchange", "src/http1/connection.ts"]],
    station: 17,
  },
  linger: {
    title: "Our half ends, and we linger",
    will: "end our half of the connection, and read on until the client has ended its own",
    why: "If bytes of the client came after a close, the kernel would answer them with a reset, and a reset makes the client's kernel throw away the response that it has not read yet.",
    sections: [["RFC 9112 §9.6", "tear-down"]],
    places: [
      ["write", "src/transport/kernel/pump.ts"],
      ["linger", "src/transport/kernel/pump.ts"],
    ],
    station: 18,
  },
  close: {
    title: "The connection is closed",
    will: "give the descriptor back to the kernel",
    why: "The number is free now: the next connection may get it, perhaps on another thread.",
    sections: [["RFC 9293 §3.6", "closing a connection"]],
    places: [["remove", "src/transport/kernel/transport.ts"]],
    station: 19,
  },
};
