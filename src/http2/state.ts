// The state machines of one stream, seen from the server, as data; nothing else in http2/ decides what may follow what.
//
// The states of a stream, RFC 9113 §5.1, without the two reserved ones, because we never push:
//
//   idle --open--> open
//   open --endByPeer--> halfClosedRemote
//   open --endBySelf--> halfClosedLocal
//   open --reset--> closed
//   halfClosedRemote --endBySelf--> closed
//   halfClosedRemote --reset--> closed
//   halfClosedLocal --endByPeer--> closed
//   halfClosedLocal --reset--> closed
//
// Our reply on it:
//
//   owed --interim--> owed
//   owed --reply--> content
//   content --end--> done
//
// A stream may be reset by either side while its reply is in any state: then the reply is over too.
import { type Machine, machine, type Transitions } from "../http/state-machine.ts";

export type StreamState = "idle" | "open" | "halfClosedRemote" | "halfClosedLocal" | "closed";
export type StreamStep = "open" | "endByPeer" | "endBySelf" | "reset";

export type ReplyState = "owed" | "content" | "done";
export type ReplyStep = "interim" | "reply" | "end";

export const STREAM_TRANSITIONS: Transitions<StreamState, StreamStep> = {
  idle: { open: "open" },
  open: { endByPeer: "halfClosedRemote", endBySelf: "halfClosedLocal", reset: "closed" },
  halfClosedRemote: { endBySelf: "closed", reset: "closed" },
  halfClosedLocal: { endByPeer: "closed", reset: "closed" },
  closed: {},
};

export const REPLY_TRANSITIONS: Transitions<ReplyState, ReplyStep> = {
  owed: { interim: "owed", reply: "content" },
  content: { end: "done" },
  done: {},
};

export const STREAM: Machine<StreamState, StreamStep> = machine(STREAM_TRANSITIONS, {
  open: 0,
  endByPeer: 1,
  endBySelf: 2,
  reset: 3,
});
export const REPLY: Machine<ReplyState, ReplyStep> = machine(REPLY_TRANSITIONS, { interim: 0, reply: 1, end: 2 });
