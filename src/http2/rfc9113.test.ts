// What RFC 9113 asks of a server, as dialogues: one row for each MUST that a server can break, with its section. The rows
// cover the cases of h2spec (generic, http2 and hpack), and more.
import { emptyReply, textReply } from "../../test/support/http1.ts";
import {
  block,
  continuation,
  type DialogueRow,
  data,
  type Fields,
  frame,
  GET,
  headers,
  lastData,
  POST,
  ping,
  post,
  rstStream,
  settings,
  testDialogues,
  uint32,
  WHOLE,
  windowUpdate,
} from "../../test/support/http2.ts";
import { FLAG, FRAME } from "./frames.ts";
import { SETTING } from "./settings.ts";

const { END_STREAM, END_HEADERS, PADDED, PRIORITY, ACK } = FLAG;
const NEXT_GET = headers(3);
const ANSWERED = ["1 head GET /", "1 end"];
const ANSWER = ["HEADERS 1 200", "DATA 1 2 END_STREAM"];
const ANSWER_3 = ["HEADERS 3 200", "DATA 3 2 END_STREAM"];
const AFTERWARDS = { events: ["3 head GET /", "3 end"], frames: ANSWER_3 };

/** The connection ends, before any request. */
function fatal(what: string, sends: readonly Uint8Array[], problem: string, code: string, last = 0): DialogueRow {
  return { what, sends, problem, frames: [`GOAWAY ${last} ${code}`], events: ["finish"] };
}

/** The stream of a request that nobody is told of ends, and the next one is answered. */
function malformed(what: string, fields: Fields, code = "PROTOCOL_ERROR"): DialogueRow {
  return {
    what,
    sends: [headers(1, fields), NEXT_GET],
    events: AFTERWARDS.events,
    frames: [`RST_STREAM 1 ${code}`, ...AFTERWARDS.frames],
  };
}

function rejected(what: string, fields: Fields, as: string, more: Partial<DialogueRow> = {}): DialogueRow {
  return {
    what,
    sends: [headers(1, fields), NEXT_GET],
    events: [`1 rejected ${as}`, ...AFTERWARDS.events],
    frames: [`HEADERS 1 ${as.slice(0, 3)}`, "DATA 1 7 END_STREAM", ...AFTERWARDS.frames],
    ...more,
  };
}

/** GET with one line more. */
const withField = (name: string, value: string): Fields => [...GET, [name, value]];
const without = (name: string): Fields => GET.filter(([other]) => other !== name);
const instead = (name: string, value: string): Fields => GET.map((one) => (one[0] === name ? [name, value] : one));
const big = (count: number) => Buffer.alloc(count, "x");

testDialogues([
  // Sending requests and getting replies: §8.1, and h2spec's generic cases.
  { what: "§8.1: answers GET", sends: [headers(1)], events: ANSWERED, frames: ANSWER },
  {
    what: "§8.1: answers HEAD without content",
    sends: [headers(1, instead(":method", "HEAD"))],
    events: ["1 head HEAD /", "1 end"],
    frames: ["HEADERS 1 END_STREAM 200"],
  },
  {
    what: "§8.1: answers POST when its content is complete",
    sends: [post(1), data(1, "abc"), lastData(1, "def")],
    events: ["1 head POST /", "1 content abcdef", "1 end"],
    frames: ANSWER,
  },
  {
    what: "§8.1: takes trailers, and drops them",
    sends: [post(1), data(1, "abc"), headers(1, [["x-trailer", "a"]])],
    events: ["1 head POST /", "1 content abc", "1 end"],
    frames: ANSWER,
  },
  {
    what: "§8.1: answers a 304 without content and length",
    sends: [headers(1)],
    reply: () => emptyReply(304),
    events: ANSWERED,
    frames: ["HEADERS 1 END_STREAM 304"],
  },
  {
    what: "§8.1: answers several requests in one read",
    sends: [headers(1), headers(3), headers(7)],
    events: [...ANSWERED, ...AFTERWARDS.events, "7 head GET /", "7 end"],
    frames: [...ANSWER, ...ANSWER_3, "HEADERS 7 200", "DATA 7 2 END_STREAM"],
  },
  {
    what: "§8.1: answers before the request is complete, and takes the rest",
    sends: [post(1), data(1, "abc"), lastData(1, "def"), NEXT_GET],
    answers: "head",
    events: ["1 head POST /", "3 head GET /"],
    frames: [...ANSWER, ...ANSWER_3],
  },
  {
    what: "§8.1: resets a request without an error when its reply is complete and the rest is too long",
    sends: [post(1, ["content-length", "5000000"]), NEXT_GET],
    answers: "head",
    events: ["1 head POST /", "3 head GET /"],
    frames: [...ANSWER, "RST_STREAM 1 NO_ERROR", ...ANSWER_3],
  },
  {
    what: "RFC 9110 §10.1.1: sends 100 (Continue) when the content is wanted",
    sends: [post(1, ["expect", "100-continue"]), lastData(1, "abc")],
    content: "accept",
    events: ["1 head POST /", "1 content abc", "1 end"],
    frames: ["HEADERS 1 100", ...ANSWER],
  },
  {
    what: "RFC 9110 §10.1.1: does not wait for content that a final reply has made needless",
    sends: [post(1, ["expect", "100-continue"]), NEXT_GET],
    answers: "head",
    events: ["1 head POST /", "3 head GET /"],
    frames: [...ANSWER, "RST_STREAM 1 NO_ERROR", ...ANSWER_3],
  },
  rejected("RFC 9110 §10.1.1: refuses another expectation", withField("expect", "a"), "417 EXPECTATION_FAILED"),

  // §3.4: the preface.
  { what: "§3.4, §6.5.3: acknowledges SETTINGS", sends: [settings()], frames: ["SETTINGS ACK"] },

  // §4.1 to §4.3: frames and field blocks.
  {
    what: "§4.1: ignores a frame of an unknown type",
    sends: [frame(0x66, 0xff, 0, big(8)), headers(1)],
    events: ANSWERED,
    frames: ANSWER,
  },
  { what: "§4.1: ignores unknown flags", sends: [ping("12345678", 0xf6)], frames: ["PING ACK 12345678"] },
  {
    what: "§4.1: ignores the reserved bit",
    sends: [frame(FRAME.PING, 0, 0x80000000, Buffer.from("12345678"))],
    frames: ["PING ACK 12345678"],
  },
  {
    what: "§4.2: takes a frame of 16,384 bytes",
    sends: [post(1), frame(FRAME.DATA, END_STREAM, 1, big(16_384))],
    content: "discard",
    events: ["1 head POST /", "1 end"],
    frames: ANSWER,
  },
  fatal(
    "§4.2: refuses a larger DATA frame",
    [frame(FRAME.DATA, 0, 1, big(16_385))],
    "FRAME_TOO_LARGE",
    "FRAME_SIZE_ERROR",
  ),
  fatal(
    "§4.2: refuses a larger HEADERS frame",
    [frame(FRAME.HEADERS, 0, 1, big(16_385))],
    "FRAME_TOO_LARGE",
    "FRAME_SIZE_ERROR",
  ),
  fatal(
    "§4.2: refuses a larger unknown frame",
    [frame(0x66, 0, 0, big(16_385))],
    "FRAME_TOO_LARGE",
    "FRAME_SIZE_ERROR",
  ),
  fatal(
    "§4.3: refuses a block that cannot be decoded",
    [frame(FRAME.HEADERS, WHOLE, 1, Buffer.of(0x80))],
    "INDEX_ZERO",
    "COMPRESSION_ERROR",
  ),
  fatal(
    "§4.3: refuses PRIORITY inside a block",
    [frame(FRAME.HEADERS, END_STREAM, 1, block(GET)), frame(FRAME.PRIORITY, 0, 1, big(5))],
    "BLOCK_INTERRUPTED",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "§4.3: refuses HEADERS of another stream inside a block",
    [frame(FRAME.HEADERS, END_STREAM, 1, block(GET)), headers(3)],
    "BLOCK_INTERRUPTED",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "§5.5: refuses an unknown frame inside a block",
    [frame(FRAME.HEADERS, END_STREAM, 1, block(GET)), frame(0x66, 0, 0)],
    "BLOCK_INTERRUPTED",
    "PROTOCOL_ERROR",
  ),
  {
    what: "§4.3: decodes the block of a request that is refused, so that the next one is understood",
    sends: [
      // The first adds a field to the table, and is malformed; the second uses that field.
      frame(
        FRAME.HEADERS,
        WHOLE,
        1,
        Buffer.concat([Buffer.from("\x40\x05:path\x02/x", "latin1"), block([["A", "b"]])]),
      ),
      frame(FRAME.HEADERS, WHOLE, 3, Buffer.concat([block(without(":path")), Buffer.of(0xbe)])),
    ],
    events: ["3 head GET /x", "3 end"],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
  },

  // §5.1: the states of a stream.
  fatal("§5.1: refuses DATA on an idle stream", [data(1, "a")], "STREAM_IDLE", "PROTOCOL_ERROR"),
  fatal("§5.1: refuses RST_STREAM on an idle stream", [rstStream(1)], "STREAM_IDLE", "PROTOCOL_ERROR"),
  fatal("§5.1: refuses WINDOW_UPDATE on an idle stream", [windowUpdate(1, 1)], "STREAM_IDLE", "PROTOCOL_ERROR"),
  fatal(
    "§5.1: refuses CONTINUATION on an idle stream",
    [continuation(1, block(GET), END_HEADERS)],
    "CONTINUATION_UNEXPECTED",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "§5.1: refuses WINDOW_UPDATE on a stream that would be ours",
    [windowUpdate(2, 1)],
    "STREAM_IDLE",
    "PROTOCOL_ERROR",
  ),
  {
    what: "§5.1: takes PRIORITY on an idle stream",
    sends: [frame(FRAME.PRIORITY, 0, 1, Buffer.of(0, 0, 0, 3, 1)), headers(1)],
    events: ANSWERED,
    frames: ANSWER,
  },
  {
    what: "§5.1: refuses DATA behind the end of a request",
    sends: [headers(1), data(1, "a"), NEXT_GET],
    answers: "never",
    events: ["1 head GET /", "1 end", "1 cancelled", "3 head GET /", "3 end"],
    frames: ["RST_STREAM 1 STREAM_CLOSED"],
  },
  {
    what: "§5.1: refuses HEADERS behind the end of a request",
    sends: [headers(1), headers(1)],
    answers: "never",
    events: ["1 head GET /", "1 end", "1 cancelled"],
    frames: ["RST_STREAM 1 STREAM_CLOSED"],
  },
  {
    what: "§5.1: refuses CONTINUATION behind the end of a request",
    sends: [headers(1), continuation(1, block(GET), END_HEADERS)],
    events: [...ANSWERED, "finish"],
    frames: [...ANSWER, "GOAWAY 1 PROTOCOL_ERROR"],
    problem: "CONTINUATION_UNEXPECTED",
  },
  {
    what: "§5.1: takes WINDOW_UPDATE, RST_STREAM and PRIORITY behind the end of a stream",
    sends: [
      headers(1),
      windowUpdate(1, 1),
      rstStream(1),
      frame(FRAME.PRIORITY, 0, 1, Buffer.of(0, 0, 0, 3, 1)),
      NEXT_GET,
    ],
    events: [...ANSWERED, ...AFTERWARDS.events],
    frames: [...ANSWER, ...ANSWER_3],
  },
  {
    what: "§5.1: refuses DATA on a stream that both sides have ended",
    sends: [headers(1), data(1, "a"), NEXT_GET],
    answers: "head",
    events: ["1 head GET /", "3 head GET /"],
    frames: [...ANSWER, "RST_STREAM 1 STREAM_CLOSED", ...ANSWER_3],
  },
  {
    what: "§5.1: refuses HEADERS on a stream that both sides have ended",
    sends: [headers(1), headers(1)],
    events: [...ANSWERED, "finish"],
    frames: [...ANSWER, "GOAWAY 1 STREAM_CLOSED"],
    problem: "STREAM_OVER",
  },
  {
    what: "§5.1: refuses DATA on a stream that the peer has reset",
    sends: [post(1), rstStream(1), data(1, "a"), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 STREAM_CLOSED", ...ANSWER_3],
  },
  {
    what: "§5.1: refuses HEADERS on a stream that the peer has reset",
    sends: [post(1), rstStream(1), headers(1), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 STREAM_CLOSED", ...ANSWER_3],
  },
  {
    what: "§5.1: drops what was under way to a stream that we have reset",
    sends: [
      post(1, ["content-length", "1"]),
      data(1, "ab"),
      data(1, "cd"),
      headers(1, [["a", "b"]]),
      windowUpdate(1, 5),
      NEXT_GET,
    ],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
  },
  fatal("§5.1.1: refuses an even number", [headers(2)], "STREAM_NUMBER_WRONG", "PROTOCOL_ERROR"),
  {
    what: "§5.1.1: refuses a number lower than the last",
    sends: [headers(5), headers(3)],
    events: ["5 head GET /", "5 end", "finish"],
    frames: ["HEADERS 5 200", "DATA 5 2 END_STREAM", "GOAWAY 5 PROTOCOL_ERROR"],
    problem: "STREAM_NUMBER_WRONG",
  },
  {
    what: "§5.1.2: refuses a stream beyond SETTINGS_MAX_CONCURRENT_STREAMS",
    sends: [headers(1), headers(3), headers(5)],
    limits: { concurrentStreamLimitCount: 2 },
    answers: "never",
    events: [...ANSWERED, ...AFTERWARDS.events],
    frames: ["RST_STREAM 5 REFUSED_STREAM"],
  },

  // §5.3: the priorities of RFC 7540 are checked and ignored.
  fatal(
    "RFC 7540 §5.3.1: refuses HEADERS that depend on themselves",
    [frame(FRAME.HEADERS, WHOLE | PRIORITY, 1, Buffer.concat([uint32(1), Buffer.of(1), block(GET)]))],
    "DEPENDENCY_ON_ITSELF",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "RFC 7540 §5.3.1: refuses PRIORITY that depends on itself",
    [frame(FRAME.PRIORITY, 0, 1, Buffer.of(0, 0, 0, 1, 1))],
    "DEPENDENCY_ON_ITSELF",
    "PROTOCOL_ERROR",
  ),
  {
    what: "§5.3.2: takes HEADERS with a priority",
    sends: [frame(FRAME.HEADERS, WHOLE | PRIORITY, 1, Buffer.concat([uint32(0x80000003), Buffer.of(255), block(GET)]))],
    events: ANSWERED,
    frames: ANSWER,
  },

  // §6.1: DATA.
  fatal("§6.1: refuses DATA on no stream", [data(0, "a")], "STREAM_MISSING", "PROTOCOL_ERROR"),
  {
    what: "§6.1: drops padding",
    sends: [
      post(1),
      frame(FRAME.DATA, PADDED, 1, Buffer.from("\x03abc\0\0\0", "latin1")),
      frame(FRAME.DATA, PADDED | END_STREAM, 1, Buffer.of(0)),
    ],
    events: ["1 head POST /", "1 content abc", "1 end"],
    frames: ANSWER,
  },
  {
    what: "§6.1: refuses padding as long as the frame",
    sends: [post(1), frame(FRAME.DATA, PADDED, 1, Buffer.from("\x04abc", "latin1"))],
    events: ["1 head POST /", "1 cancelled", "finish"],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", "GOAWAY 1 PROTOCOL_ERROR"],
    problem: "PADDING_TOO_LONG",
  },
  {
    what: "§6.1: refuses padding whose length is missing",
    sends: [post(1), frame(FRAME.DATA, PADDED, 1)],
    events: ["1 head POST /", "1 cancelled", "finish"],
    frames: ["RST_STREAM 1 FRAME_SIZE_ERROR", "GOAWAY 1 FRAME_SIZE_ERROR"],
    problem: "FRAME_LENGTH_WRONG",
  },

  // §6.2: HEADERS.
  fatal("§6.2: refuses HEADERS on no stream", [headers(0)], "STREAM_MISSING", "PROTOCOL_ERROR"),
  {
    what: "§6.2: takes padding and a priority",
    sends: [
      frame(
        FRAME.HEADERS,
        WHOLE | PADDED | PRIORITY,
        1,
        Buffer.concat([Buffer.of(2), uint32(3), Buffer.of(1), block(GET), Buffer.alloc(2)]),
      ),
    ],
    events: ANSWERED,
    frames: ANSWER,
  },
  fatal(
    "§6.2: refuses padding longer than the frame",
    [frame(FRAME.HEADERS, WHOLE | PADDED, 1, Buffer.of(5, 0x82))],
    "PADDING_TOO_LONG",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "§6.2: refuses a priority that is cut",
    [frame(FRAME.HEADERS, WHOLE | PRIORITY, 1, Buffer.of(0, 0, 0, 3))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),

  // §6.3: PRIORITY.
  fatal(
    "§6.3: refuses PRIORITY on no stream",
    [frame(FRAME.PRIORITY, 0, 0, big(5))],
    "STREAM_MISSING",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "§6.3: refuses PRIORITY of a wrong length on an idle stream",
    [frame(FRAME.PRIORITY, 0, 1, big(4))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),
  {
    what: "§6.3: refuses PRIORITY of a wrong length, and only its stream",
    sends: [post(1), frame(FRAME.PRIORITY, 0, 1, big(6)), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 FRAME_SIZE_ERROR", ...ANSWER_3],
  },

  // §6.4: RST_STREAM.
  fatal("§6.4: refuses RST_STREAM on no stream", [rstStream(0)], "STREAM_MISSING", "PROTOCOL_ERROR"),
  fatal(
    "§6.4: refuses RST_STREAM of a wrong length",
    [frame(FRAME.RST_STREAM, 0, 1, big(3))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),
  {
    what: "§6.4: obeys RST_STREAM",
    sends: [headers(1), rstStream(1), NEXT_GET],
    answers: "never",
    events: [...ANSWERED, "1 cancelled", ...AFTERWARDS.events],
    frames: [],
  },

  // §6.5: SETTINGS.
  fatal("§6.5: refuses SETTINGS on a stream", [frame(FRAME.SETTINGS, 0, 1)], "STREAM_UNEXPECTED", "PROTOCOL_ERROR"),
  fatal(
    "§6.5: refuses ACK with a payload",
    [frame(FRAME.SETTINGS, ACK, 0, big(6))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),
  fatal(
    "§6.5: refuses SETTINGS that are cut",
    [frame(FRAME.SETTINGS, 0, 0, big(3))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),
  fatal(
    "§6.5.2: refuses SETTINGS_ENABLE_PUSH of 2",
    [settings([SETTING.ENABLE_PUSH, 2])],
    "SETTING_INVALID",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "§6.5.2: refuses a window of 2^31",
    [settings([SETTING.INITIAL_WINDOW_SIZE, 0x80000000])],
    "SETTING_WINDOW_TOO_LARGE",
    "FLOW_CONTROL_ERROR",
  ),
  fatal(
    "§6.5.2: refuses frames below 16,384",
    [settings([SETTING.MAX_FRAME_SIZE, 16_383])],
    "SETTING_INVALID",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "§6.5.2: refuses frames beyond 2^24 - 1",
    [settings([SETTING.MAX_FRAME_SIZE, 0x1000000])],
    "SETTING_INVALID",
    "PROTOCOL_ERROR",
  ),
  {
    what: "§6.5.2: ignores an unknown setting",
    sends: [settings([0xff, 1]), ping()],
    frames: ["SETTINGS ACK", "PING ACK 12345678"],
  },
  {
    what: "§6.5.3: takes each value of a setting in its order, and acknowledges them together",
    sends: [settings([SETTING.INITIAL_WINDOW_SIZE, 100], [SETTING.INITIAL_WINDOW_SIZE, 1]), headers(1)],
    events: ANSWERED,
    frames: ["SETTINGS ACK", "HEADERS 1 200", "DATA 1 1"],
  },
  fatal(
    "RFC 9218 §2.1: refuses SETTINGS_NO_RFC7540_PRIORITIES of 2",
    [settings([SETTING.NO_RFC7540_PRIORITIES, 2])],
    "SETTING_INVALID",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "RFC 9218 §2.1: refuses to change SETTINGS_NO_RFC7540_PRIORITIES",
    [settings([SETTING.NO_RFC7540_PRIORITIES, 1])],
    "SETTING_INVALID",
    "PROTOCOL_ERROR",
  ),

  // §6.6 to §6.8: PUSH_PROMISE, PING, GOAWAY.
  fatal(
    "§6.6, §8.4: refuses PUSH_PROMISE",
    [frame(FRAME.PUSH_PROMISE, END_HEADERS, 1, uint32(2))],
    "PUSH_BY_CLIENT",
    "PROTOCOL_ERROR",
  ),
  { what: "§6.7: answers PING", sends: [ping("abcdefgh")], frames: ["PING ACK abcdefgh"] },
  { what: "§6.7: does not answer the answer to a PING", sends: [ping("abcdefgh", ACK)] },
  fatal("§6.7: refuses PING on a stream", [frame(FRAME.PING, 0, 1, big(8))], "STREAM_UNEXPECTED", "PROTOCOL_ERROR"),
  fatal(
    "§6.7: refuses PING of a wrong length",
    [frame(FRAME.PING, 0, 0, big(6))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),
  fatal("§6.8: refuses GOAWAY on a stream", [frame(FRAME.GOAWAY, 0, 1, big(8))], "STREAM_UNEXPECTED", "PROTOCOL_ERROR"),
  fatal(
    "§6.8: refuses GOAWAY that is cut",
    [frame(FRAME.GOAWAY, 0, 0, big(7))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),
  {
    what: "§6.8: goes on after GOAWAY, which is about our streams",
    sends: [frame(FRAME.GOAWAY, 0, 0, uint32(0, 0)), headers(1)],
    events: ANSWERED,
    frames: ANSWER,
  },

  // §6.9: flow control.
  fatal("§6.9: refuses WINDOW_UPDATE of 0", [windowUpdate(0, 0)], "WINDOW_UNMOVED", "PROTOCOL_ERROR"),
  {
    what: "§6.9: refuses WINDOW_UPDATE of 0 on a stream, and only that",
    sends: [post(1), windowUpdate(1, 0), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
  },
  fatal(
    "§6.9: refuses WINDOW_UPDATE of a wrong length",
    [frame(FRAME.WINDOW_UPDATE, 0, 0, big(3))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),
  fatal(
    "§6.9.1: refuses a window beyond 2^31 - 1",
    [windowUpdate(0, 0x7fffffff)],
    "WINDOW_OVERFLOW",
    "FLOW_CONTROL_ERROR",
  ),
  {
    what: "§6.9.1: refuses the window of a stream beyond 2^31 - 1",
    sends: [post(1), windowUpdate(1, 0x7fffffff), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 FLOW_CONTROL_ERROR", ...ANSWER_3],
  },
  {
    what: "§6.9.1: sends no more than the window of a stream",
    isStepwise: true,
    sends: [settings([SETTING.INITIAL_WINDOW_SIZE, 1]), headers(1), windowUpdate(1, 1)],
    events: ANSWERED,
    frames: ["SETTINGS ACK", "HEADERS 1 200", "DATA 1 1", "DATA 1 1 END_STREAM"],
  },
  {
    what: "§6.9.2: changes the windows of open streams, also below 0",
    isStepwise: true,
    sends: [
      settings([SETTING.INITIAL_WINDOW_SIZE, 3]),
      headers(1),
      settings([SETTING.INITIAL_WINDOW_SIZE, 1]),
      windowUpdate(1, 2),
      settings([SETTING.INITIAL_WINDOW_SIZE, 2]),
    ],
    reply: () => textReply(200, "abcde"),
    events: ANSWERED,
    frames: ["SETTINGS ACK", "HEADERS 1 200", "DATA 1 3", "SETTINGS ACK", "SETTINGS ACK", "DATA 1 1"],
  },
  {
    what: "§6.9.2: refuses a setting that makes a window too large",
    sends: [post(1), windowUpdate(1, 0x7fff0000), settings([SETTING.INITIAL_WINDOW_SIZE, 0x7fffffff])],
    events: ["1 head POST /", "1 cancelled", "finish"],
    frames: ["RST_STREAM 1 FLOW_CONTROL_ERROR", "GOAWAY 1 FLOW_CONTROL_ERROR"],
    problem: "WINDOW_OVERFLOW",
  },

  // §6.10: CONTINUATION.
  {
    what: "§6.10: joins the fragments of a block",
    sends: [
      frame(FRAME.HEADERS, END_STREAM, 1, block(GET).subarray(0, 9)),
      continuation(1, block(GET).subarray(9, 20)),
      continuation(1, block(GET).subarray(20), END_HEADERS),
    ],
    events: ANSWERED,
    frames: ANSWER,
  },
  fatal("§6.10: refuses CONTINUATION on no stream", [continuation(0, block(GET))], "STREAM_MISSING", "PROTOCOL_ERROR"),
  fatal(
    "§6.10: refuses CONTINUATION of another stream",
    [frame(FRAME.HEADERS, END_STREAM, 1, block(GET)), continuation(3, Buffer.alloc(0))],
    "BLOCK_INTERRUPTED",
    "PROTOCOL_ERROR",
  ),
  {
    what: "§6.10: refuses CONTINUATION behind the end of its block",
    sends: [headers(1), continuation(1, Buffer.alloc(0), END_HEADERS)],
    answers: "never",
    events: [...ANSWERED, "1 cancelled", "finish"],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", "GOAWAY 1 PROTOCOL_ERROR"],
    problem: "CONTINUATION_UNEXPECTED",
  },

  // §8.1: the form of a request.
  {
    what: "§8.1: refuses trailers that do not end their stream",
    sends: [post(1), headers(1, [["a", "b"]], END_HEADERS), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
  },
  {
    what: "§8.1: refuses a pseudo-field in trailers",
    sends: [post(1), headers(1, [[":path", "/"]]), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
  },
  {
    what: "§8.2.2: refuses a field of the connection in trailers",
    sends: [post(1), headers(1, [["connection", "a"]]), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
  },
  {
    what: "§8.2.2: refuses TE other than trailers in trailers",
    sends: [post(1), headers(1, [["te", "gzip"]]), NEXT_GET],
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
  },
  {
    what: "§8.1.1: counts the content of a request that it refuses",
    sends: [
      headers(1, [...instead(":scheme", "https"), ["content-length", "1"]], END_HEADERS),
      lastData(1, "ab"),
      NEXT_GET,
    ],
    events: ["1 rejected 421 TARGET_MISDIRECTED", ...AFTERWARDS.events],
    frames: ["HEADERS 1 421", "DATA 1 7 END_STREAM", "RST_STREAM 1 PROTOCOL_ERROR", ...AFTERWARDS.frames],
  },
  malformed("§8.1.1: refuses a malformed Content-Length before the scheme", [
    ...instead(":scheme", "https"),
    ["content-length", "-1"],
  ]),
  ...["data", "trailers"].map(
    (way): DialogueRow => ({
      what: `§8.1.1: refuses content shorter than Content-Length, ended by ${way}`,
      sends: [
        post(1, ["content-length", "2"]),
        ...(way === "data" ? [lastData(1, "a")] : [data(1, "a"), headers(1, [])]),
        NEXT_GET,
      ],
      content: "discard",
      events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
      frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
    }),
  ),
  {
    what: "§8.1.1: refuses content longer than Content-Length, of several frames",
    sends: [post(1, ["content-length", "3"]), data(1, "ab"), lastData(1, "cd"), NEXT_GET],
    content: "discard",
    events: ["1 head POST /", "1 cancelled", ...AFTERWARDS.events],
    frames: ["RST_STREAM 1 PROTOCOL_ERROR", ...ANSWER_3],
  },
  malformed("§8.1.1: refuses Content-Length of a request that ends with its head", withField("content-length", "1")),
  {
    what: "§8.1.1: takes Content-Length: 0 of a request without content",
    sends: [headers(1, withField("content-length", "0"))],
    events: ANSWERED,
    frames: ANSWER,
  },
  malformed("§8.1.1: refuses Content-Length that is no number", withField("content-length", "1a")),
  malformed("§8.1.1: refuses two lengths", [...POST, ["content-length", "0"], ["content-length", "0"]]),
  rejected(
    "RFC 9110 §8.6: refuses a length beyond 2^53 - 1",
    [...POST, ["content-length", "9007199254740993"]],
    "413 LENGTH_TOO_LARGE",
    {
      sends: [post(1, ["content-length", "9007199254740993"]), NEXT_GET],
      frames: ["HEADERS 1 413", "DATA 1 7 END_STREAM", ...ANSWER_3],
    },
  ),

  // §8.2: fields.
  malformed("§8.2.1: refuses an upper-case name", withField("X-Test", "a")),
  malformed("§8.2.1: refuses an empty name", withField("", "a")),
  malformed("§8.2.1: refuses a space in a name", withField("x test", "a")),
  malformed("§8.2.1: refuses a line end in a value", withField("x-test", "a\r\nb: c")),
  malformed("§8.2.1: refuses NUL in a value", withField("x-test", "a\0")),
  malformed("§8.2.1: refuses white space around a value", withField("x-test", " a")),
  ...["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].map((name) =>
    malformed(`§8.2.2: refuses the field ${name}`, withField(name, "a")),
  ),
  malformed("§8.2.2: refuses TE other than trailers", withField("te", "trailers, deflate")),
  {
    what: "§8.2.2: takes TE: trailers",
    sends: [headers(1, withField("te", "trailers"))],
    events: ANSWERED,
    frames: ANSWER,
  },

  // §8.3: pseudo-fields.
  malformed("§8.3: refuses an unknown pseudo-field", [[":test", "a"], ...GET]),
  malformed("§8.3: refuses a pseudo-field of responses", [[":status", "200"], ...GET]),
  malformed("§8.3: refuses :protocol, which we did not announce", [[":protocol", "websocket"], ...GET]),
  malformed("§8.3: refuses a pseudo-field behind a field", [...without(":path"), ["a", "b"], [":path", "/"]]),
  ...[":method", ":scheme", ":path"].flatMap((name) => [
    malformed(`§8.3.1: refuses a request without ${name}`, without(name)),
    malformed(`§8.3: refuses ${name} twice`, [GET.find(([other]) => other === name)!, ...GET]),
  ]),
  malformed("§8.3: refuses :authority twice", [[":authority", "a"], ...GET]),
  malformed("§8.3.1: refuses an empty :path", instead(":path", "")),
  malformed("§8.3.1: refuses a :path that does not begin with a slash", instead(":path", "a")),
  malformed("§8.3.1: refuses a fragment in :path", instead(":path", "/#a")),
  malformed("§8.3.1: refuses a space in :path", instead(":path", "/a b")),
  malformed("§8.3.1: refuses an absolute target in :path", instead(":path", "http://a/")),
  malformed("§8.3.1: refuses an asterisk but for OPTIONS", instead(":path", "*")),
  malformed("§8.3.1: refuses a method that is no token", instead(":method", "G T")),
  malformed("§8.3.1: refuses an empty method", instead(":method", "")),
  malformed("§8.3.1: refuses a scheme that is none", instead(":scheme", "1")),
  malformed("§8.3.1: refuses another Host than :authority", withField("host", "b")),
  {
    what: "§8.3.1: takes an asterisk of OPTIONS",
    sends: [
      headers(1, [
        [":method", "OPTIONS"],
        [":scheme", "http"],
        [":authority", "a"],
        [":path", "*"],
      ]),
    ],
    events: ["1 head OPTIONS *", "1 end"],
    frames: ANSWER,
  },
  {
    what: "§8.3.1: takes Host that names the same as :authority",
    sends: [headers(1, withField("host", "A:80"))],
    events: ANSWERED,
    frames: ANSWER,
  },
  {
    what: "§8.3.1: takes Host in place of :authority",
    sends: [headers(1, [...without(":authority"), ["host", "a"]])],
    events: ANSWERED,
    frames: ANSWER,
  },
  rejected("RFC 9110 §7.2: refuses a request that names no host", without(":authority"), "400 HOST_MISSING"),
  rejected("RFC 9110 §7.2: refuses two Hosts", [...GET, ["host", "a"], ["host", "a"]], "400 HOST_REPEATED"),
  rejected("RFC 9110 §4.2.4: refuses userinfo", instead(":authority", "b@a"), "400 HOST_MALFORMED"),
  rejected("RFC 9110 §4.2.1: refuses an empty host", instead(":authority", ""), "400 HOST_MALFORMED"),
  rejected("RFC 9110 §7.4: refuses https in clear", instead(":scheme", "https"), "421 TARGET_MISDIRECTED"),
  rejected("RFC 9110 §7.4: refuses http over TLS", GET, "421 TARGET_MISDIRECTED", {
    security: "tls",
    sends: [headers(1), headers(3, instead(":scheme", "https"))],
  }),
  rejected(
    "§8.5: refuses CONNECT",
    [
      [":method", "CONNECT"],
      [":authority", "a:80"],
    ],
    "501 METHOD_UNSUPPORTED",
  ),
  rejected("RFC 9110 §9.3.8: refuses TRACE", instead(":method", "TRACE"), "501 METHOD_UNSUPPORTED"),

  // §10.5.1: sizes.
  rejected(
    "§10.5.1: refuses a list of fields beyond SETTINGS_MAX_HEADER_LIST_SIZE",
    withField("a", "b".repeat(999)),
    "431 HEAD_TOO_LARGE",
    { limits: { headLimitBytes: 1000 } },
  ),
  rejected("§10.5.1: refuses too many fields", [...GET, ["a", ""], ["a", ""], ["a", ""]], "431 HEAD_TOO_LARGE", {
    limits: { headLimitCount: 2 },
  }),
  rejected("RFC 9110 §15.5.15: refuses a long target", instead(":path", "/aaaa"), "414 TARGET_TOO_LONG", {
    limits: { targetLimitBytes: 4 },
  }),
  {
    what: "§10.5.1: refuses HEAD without content",
    sends: [
      headers(1, [
        [":method", "HEAD"],
        [":scheme", "http"],
        [":authority", "a"],
        [":path", "/aaaa"],
      ]),
    ],
    limits: { targetLimitBytes: 4 },
    events: ["1 rejected 414 TARGET_TOO_LONG"],
    frames: ["HEADERS 1 END_STREAM 414"],
  },

  // RFC 9218 §7.1: PRIORITY_UPDATE.
  {
    what: "RFC 9218 §7.1: takes PRIORITY_UPDATE, also before its request",
    sends: [frame(FRAME.PRIORITY_UPDATE, 0, 0, Buffer.concat([uint32(1), Buffer.from("u=0")])), headers(1)],
    events: ANSWERED,
    frames: ANSWER,
  },
  fatal(
    "RFC 9218 §7.1: refuses PRIORITY_UPDATE on a stream",
    [frame(FRAME.PRIORITY_UPDATE, 0, 1, uint32(1))],
    "STREAM_UNEXPECTED",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "RFC 9218 §7.1: refuses PRIORITY_UPDATE for no stream",
    [frame(FRAME.PRIORITY_UPDATE, 0, 0, uint32(0))],
    "PRIORITY_OF_NOTHING",
    "PROTOCOL_ERROR",
  ),
  fatal(
    "RFC 9218 §7.1: refuses PRIORITY_UPDATE that is cut",
    [frame(FRAME.PRIORITY_UPDATE, 0, 0, big(3))],
    "FRAME_LENGTH_WRONG",
    "FRAME_SIZE_ERROR",
  ),

  // RFC 7541, as far as the connection is concerned; hpack/ has the rest.
  ...hpackRows(),
]);

function hpackRows(): DialogueRow[] {
  const rows = [
    { what: "§2.3.3: refuses an index beyond the tables", bytes: [0xc6], problem: "INDEX_OUT_OF_RANGE" },
    { what: "§4.2: refuses a table size update behind a field", bytes: [0x82, 0x20], problem: "TABLE_SIZE_LATE" },
    {
      what: "§5.2: refuses padding beyond 7 bits",
      bytes: [0x00, 0x85, 0xf2, 0xb2, 0x4a, 0x84, 0xff, 0x81, 0xff],
      problem: "HUFFMAN_PADDING",
    },
    {
      what: "§6.3: refuses a table size beyond the limit",
      bytes: [0x3f, 0xff, 0xff, 0x03],
      problem: "TABLE_SIZE_TOO_LARGE",
    },
  ];
  return rows.map(({ what, bytes, problem }) =>
    fatal(`RFC 7541 ${what}`, [frame(FRAME.HEADERS, WHOLE, 1, Buffer.from(bytes))], problem, "COMPRESSION_ERROR"),
  );
}
