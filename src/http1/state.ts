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

export type PeerState = "idle" | "head" | "content" | "done" | "refused" | "closed";
export type PeerStep = "begin" | "message" | "end" | "reject" | "cycle" | "close";

export type SelfState = "idle" | "owed" | "content" | "done" | "lingering";
export type SelfStep = "request" | "reject" | "interim" | "reply" | "end" | "cycle" | "finish";

/** A row for every state: one that is forgotten does not compile. A step that a row does not have is a mistake of ours. */
export type Transitions<State extends string, Step extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Step, State>>>>
>;

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
