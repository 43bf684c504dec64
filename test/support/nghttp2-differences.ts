// Where the engine and nghttp2 may part, and why: each is recognised by the frames of the client, and the section justifies
// what we do. docs/differences-nghttp2.md has the same list.
import { FRAME, FRAME_LIMIT_BYTES } from "../../src/http2/frames.ts";
import type { Field } from "./field-lists.ts";
import {
  dependencyOf,
  firstNumberOf,
  isPaddingTooLong,
  mistakesOf,
  settingMistakes,
  settingsOf,
} from "./frame-mistakes.ts";
import type { Parting } from "./frame-parting.ts";
import { isBlock, isWhole } from "./frame-steps.ts";

export interface Difference {
  readonly what: string;
  readonly section: string;
  readonly is: (parting: Parting) => boolean;
  /** Too rare for a short run. */
  readonly isRare?: true;
}

const NOTHING = "";
const RESET_AS_MALFORMED = /^reset \d+ PROTOCOL_ERROR$/;
const ANSWERED = /^answered \d+(?:, content \d+ \d+(?: end)?)?$/;

const HOST = /^(?:\[[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*\]|(?:[!$&'()*+,.0-9;=_a-z~-]|%[0-9a-f]{2})+)(?::(\d*))?$/i;
const NAME = /^(?:[!#$%&'*+\-.^_`|~0-9a-z]+|:[a-z]+)$/;
const VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;
const PATH = /^\/[!"$-~]*$/;

// In their order: the first that fits is counted.
export const DIFFERENCES: readonly Difference[] = [
  {
    what: "We send GOAWAY to a client whose preface is wrong; nghttp2 only closes.",
    section: "RFC 9113 §3.4",
    is: ({ ours, theirs, step }) => step.frames.length === 0 && ours === "GOAWAY PROTOCOL_ERROR" && theirs === "closed",
  },
  {
    what: "We go on serving a client after its GOAWAY, which is about our streams; nghttp2 does not.",
    section: "RFC 9113 §6.8",
    is: ({ theirs, history }) => history.isLeaving && theirs === NOTHING,
  },
  {
    what: "We open no streams, so we do not check which of them GOAWAY names as the last.",
    section: "RFC 9113 §6.8",
    is: ({ ours, theirs, frame }) =>
      frame.type === FRAME.GOAWAY && ours === NOTHING && theirs === "GOAWAY PROTOCOL_ERROR" && firstNumberOf(frame) > 0,
  },
  {
    what: "We judge a field block when all of it has come; nghttp2 judges what has come.",
    section: "RFC 9113 §4.3",
    is: ({ ours, theirs, step, frame }) =>
      frame.type === FRAME.HEADERS && !isBlock(step) && ours === NOTHING && theirs !== NOTHING,
  },
  {
    what: "We judge the head of a frame when it has come, then the whole; nghttp2 in another order.",
    section: "RFC 9113 §4.1",
    is: ({ ours, theirs, step }) => !step.frames.every(isWhole) && (ours === NOTHING) !== (theirs === NOTHING),
  },
  {
    what: "We answer 400 to a missing, malformed or second host; nghttp2 resets the stream.",
    section: "RFC 9113 §8.1.1",
    is: ({ ours, theirs, fields }) =>
      ANSWERED.test(ours) &&
      RESET_AS_MALFORMED.test(theirs) &&
      (hostsOf(fields).some((host) => !isHost(host)) || valuesOf(fields, "host").length > 1),
  },
  {
    what: "We answer 501 to CONNECT and TRACE and 421 to other schemes, also to malformed requests.",
    section: "RFC 9113 §8.1.1",
    is: ({ ours, theirs, fields }) =>
      ANSWERED.test(ours) &&
      RESET_AS_MALFORMED.test(theirs) &&
      (/^(?:CONNECT|TRACE)$/.test(valuesOf(fields, ":method")[0] ?? "") || valuesOf(fields, ":scheme")[0] !== "http"),
  },
  {
    what: "We reset a stream for a malformed field name or value; nghttp2 drops the field.",
    section: "RFC 9113 §8.2.1",
    is: ({ ours, theirs, fields }) =>
      RESET_AS_MALFORMED.test(ours) && (ANSWERED.test(theirs) || theirs === NOTHING) && !fields.every(isField),
  },
  {
    what: "We reset a stream for a path with bytes that no URI has.",
    section: "RFC 9113 §8.3.1",
    is: ({ ours, theirs, fields }) =>
      RESET_AS_MALFORMED.test(ours) && ANSWERED.test(theirs) && !PATH.test(valuesOf(fields, ":path")[0] ?? "/"),
  },
  {
    what: "We reset a stream whose Host is not its :authority.",
    section: "RFC 9113 §8.3.1",
    is: ({ ours, theirs, fields }) =>
      RESET_AS_MALFORMED.test(ours) && ANSWERED.test(theirs) && new Set(hostsOf(fields)).size > 1,
  },
  {
    what: "We read two TE lines as one list, which is not trailers alone.",
    section: "RFC 9113 §8.2.2",
    is: ({ ours, theirs, fields }) =>
      RESET_AS_MALFORMED.test(ours) && ANSWERED.test(theirs) && valuesOf(fields, "te").length > 1,
  },
  {
    what: "We drop trailers, whatever they say of length and host; nghttp2 resets the stream.",
    section: "RFC 9110 §6.5.1",
    is: ({ ours, theirs, frame, fields, history }) =>
      ours === NOTHING &&
      RESET_AS_MALFORMED.test(theirs) &&
      history.isOpen(frame.stream) &&
      fields.some(([name]) => /^(?:content-length|host)$/.test(name)),
  },
  {
    what: "We end the connection for PRIORITY on no stream; nghttp2 does with old priorities only.",
    section: "RFC 9113 §6.3",
    is: ({ ours, theirs, frame }) =>
      frame.type === FRAME.PRIORITY && frame.stream === 0 && ours === "GOAWAY PROTOCOL_ERROR" && theirs === NOTHING,
  },
  {
    what: "We end the connection when a stream depends on itself; nghttp2 does with old priorities only.",
    // By RFC 9113 §5.4.1, a mistake of a stream may end the connection.
    section: "RFC 7540 §5.3.1",
    is: ({ ours, theirs, frame }) =>
      ours === "GOAWAY PROTOCOL_ERROR" && !theirs.startsWith("GOAWAY") && dependencyOf(frame) === frame.stream,
  },
  {
    what: "We end the connection when PRIORITY_UPDATE names no stream or comes on one; nghttp2 ignores some.",
    section: "RFC 9218 §7.1",
    is: ({ ours, theirs, frame }) =>
      frame.type === FRAME.PRIORITY_UPDATE &&
      ours === "GOAWAY PROTOCOL_ERROR" &&
      theirs === NOTHING &&
      (firstNumberOf(frame) % 2 === 0 || frame.stream !== 0),
  },
  {
    what: "We reset a stream for PRIORITY of a wrong length; nghttp2 ends the connection.",
    section: "RFC 9113 §6.3",
    is: ({ ours, theirs, frame }) =>
      frame.type === FRAME.PRIORITY &&
      /^reset \d+ FRAME_SIZE_ERROR$/.test(ours) &&
      theirs === "GOAWAY FRAME_SIZE_ERROR",
  },
  {
    what: "We reset a stream whose WINDOW_UPDATE adds nothing or too much; nghttp2 ends the connection.",
    section: "RFC 9113 §6.9, §6.9.1",
    is: ({ ours, theirs, frame }) =>
      frame.type === FRAME.WINDOW_UPDATE &&
      /^reset \d+ (?:PROTOCOL|FLOW_CONTROL)_ERROR$/.test(ours) &&
      theirs === `GOAWAY ${ours.split(" ")[2]}`,
  },
  {
    what: "We reset a stream for what comes after its end; nghttp2 ignores it, or ends the connection.",
    section: "RFC 9113 §5.1",
    is: ({ ours, theirs, frame, history }) =>
      (frame.type === FRAME.DATA || frame.type === FRAME.HEADERS) &&
      (history.isEnded(frame.stream) || history.isWrongNumber(frame.stream)) &&
      ours === `reset ${frame.stream} STREAM_CLOSED` &&
      (theirs === NOTHING || theirs === "GOAWAY STREAM_CLOSED"),
  },
  {
    what: "We end the connection for HEADERS on a stream that is over; nghttp2 ignores them.",
    section: "RFC 9113 §5.1",
    is: ({ ours, theirs, frame, history }) =>
      frame.type === FRAME.HEADERS &&
      history.isOver(frame.stream) &&
      ours === "GOAWAY STREAM_CLOSED" &&
      theirs === NOTHING,
  },
  {
    what: "We end the connection for HEADERS with a lower number than another; nghttp2 ignores them.",
    section: "RFC 9113 §5.1.1",
    is: ({ ours, theirs, frame, history }) =>
      frame.type === FRAME.HEADERS &&
      history.isWrongNumber(frame.stream) &&
      ours === "GOAWAY PROTOCOL_ERROR" &&
      theirs === NOTHING,
  },
  {
    what: "We refuse padding that is too long also on a stream that is over; nghttp2 ignores it there.",
    section: "RFC 9113 §6.1",
    is: ({ ours, theirs, frame, history }) =>
      isPaddingTooLong(frame) &&
      (history.isEnded(frame.stream) || history.isWrongNumber(frame.stream)) &&
      /^GOAWAY (?:PROTOCOL|FRAME_SIZE)_ERROR$/.test(ours) &&
      theirs === NOTHING,
  },
  {
    what: "We ignore the value of SETTINGS_ENABLE_CONNECT_PROTOCOL, which means nothing from a client.",
    section: "RFC 8441 §3",
    is: ({ ours, theirs, frame }) =>
      frame.type === FRAME.SETTINGS &&
      /^GOAWAY (?:PROTOCOL|FLOW_CONTROL)_ERROR$|^acknowledged/.test(ours) &&
      theirs === "GOAWAY PROTOCOL_ERROR" &&
      settingsOf(frame).some(([name, value]) => name === 8 && value > 1),
  },
  {
    what: "We refuse a wrong setting, also before a right one; nghttp2 reads the last one of a frame.",
    section: "RFC 9113 §6.5.3",
    is: ({ ours, theirs, frame }) =>
      frame.type === FRAME.SETTINGS &&
      /^GOAWAY (?:PROTOCOL|FLOW_CONTROL)_ERROR$/.test(ours) &&
      theirs.startsWith("acknowledged") &&
      settingsOf(frame).some(([name, value]) => settingMistakes(name, value).length > 0 || (name === 9 && value === 1)),
  },
  {
    what: "We reset by NO_ERROR a request whose client waits with Expect, when the reply is complete.",
    section: "RFC 9113 §8.1",
    is: ({ ours, theirs, frame, fields, history }) => {
      const stream = Number(/reset (\d+) NO_ERROR/.exec(ours)?.[1] ?? 0);
      const isExpecting = stream === frame.stream && valuesOf(fields, "expect").length > 0;
      return ours.replace(/(?:, )?reset \d+ NO_ERROR/, "") === theirs && (isExpecting || history.isExpecting(stream));
    },
  },
  {
    what: "We bound SETTINGS by frames in a second; nghttp2 by entries of a frame, too.",
    section: "RFC 9113 §10.5",
    isRare: true,
    is: ({ theirs, frame }) =>
      frame.type === FRAME.SETTINGS && theirs === "GOAWAY ENHANCE_YOUR_CALM" && frame.length > 32 * 6,
  },
  {
    what: "We refuse CONTINUATION that is larger than we allow, as any frame; nghttp2 reads it.",
    section: "RFC 9113 §4.2",
    isRare: true,
    is: ({ ours, step }) =>
      ours === "GOAWAY FRAME_SIZE_ERROR" &&
      step.frames.some(({ type, length }) => type === FRAME.CONTINUATION && length > FRAME_LIMIT_BYTES),
  },
  {
    what: "Where a client makes two mistakes at once, each of us may name another.",
    section: "RFC 9113 §5.4.1",
    is: ({ ours, theirs, step, history }) => {
      const [mine, other] = [ours, theirs].map((what) => /^GOAWAY (\w+)$/.exec(what)?.[1] ?? "none");
      const mistakes = mistakesOf(step, history);
      return mistakes.has(mine!) && mistakes.has(other!);
    },
  },
];

function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([found]) => found === name).map(([, value]) => value);
}

function hostsOf(fields: readonly Field[]): string[] {
  const hosts = [...valuesOf(fields, ":authority"), ...valuesOf(fields, "host")];
  return hosts.length === 0 ? [""] : hosts;
}

function isHost(value: string): boolean {
  const found = HOST.exec(value);
  return found !== null && Number(found[1] ?? 0) <= 65_535;
}

function isField([name, value]: Field): boolean {
  return NAME.test(name) && VALUE.test(value);
}
