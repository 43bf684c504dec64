// The whole state machine of one HTTP/1.1 connection, seen from the server, as data; nothing else in http1/
// decides what may follow what. The idea is h11's: two machines, one per side, and each side only ever moves
// by a row of its table.
//
// The peer sends requests:
//
//   idle --begin--> head
//   idle --close--> closed
//   head --message--> content
//   head --reject--> refused
//   content --end--> done
//   content --reject--> refused
//   content --close--> closed
//   done --cycle--> idle
//   done --close--> closed
//   refused --close--> closed
//
// We send replies:
//
//   idle --request--> owed
//   idle --reject--> owed
//   idle --finish--> lingering
//   owed --interim--> owed
//   owed --reject--> owed
//   owed --reply--> content
//   content --end--> done
//   done --cycle--> idle
//   done --finish--> lingering
//
// A connection may also be cut off at any point, by `abort()` or a deadline: then nothing more goes in or out.

import { type Machine, machine, type Transitions } from "../http/state-machine.ts";

/** Where the peer is with its request. */
export type PeerState = "idle" | "head" | "content" | "done" | "refused" | "closed";
export type PeerStep = "begin" | "message" | "end" | "reject" | "cycle" | "close";

/** Where we are with our reply. */
export type SelfState = "idle" | "owed" | "content" | "done" | "lingering";
export type SelfStep = "request" | "reject" | "interim" | "reply" | "end" | "cycle" | "finish";

export const PEER_TRANSITIONS: Transitions<PeerState, PeerStep> = {
  idle: { begin: "head", close: "closed" },
  head: { message: "content", reject: "refused" },
  content: { end: "done", reject: "refused", close: "closed" },
  done: { cycle: "idle", close: "closed" },
  refused: { close: "closed" },
  closed: {},
};

export const SELF_TRANSITIONS: Transitions<SelfState, SelfStep> = {
  idle: { request: "owed", reject: "owed", finish: "lingering" },
  owed: { interim: "owed", reject: "owed", reply: "content" },
  content: { end: "done" },
  done: { cycle: "idle", finish: "lingering" },
  lingering: {},
};

export const PEER: Machine<PeerState, PeerStep> = machine(PEER_TRANSITIONS, {
  begin: 0,
  message: 1,
  end: 2,
  reject: 3,
  cycle: 4,
  close: 5,
});
export const SELF: Machine<SelfState, SelfStep> = machine(SELF_TRANSITIONS, {
  request: 0,
  reject: 1,
  interim: 2,
  reply: 3,
  end: 4,
  cycle: 5,
  finish: 6,
});
