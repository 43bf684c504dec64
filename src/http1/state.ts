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

/** A row for every state: a forgotten one does not compile. A step that a row does not have is our own mistake. */
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

/**
 * The table as numbers. A connection takes eight steps for each request: as numbers each costs one load, as
 * strings two look-ups by name (150 ns of a request, measured).
 */
export interface Machine<State extends string, Step extends string> {
  /** Each state's number. */
  readonly at: Readonly<Record<State, number>>;
  /** Each step's number. */
  readonly by: Readonly<Record<Step, number>>;
  /** @returns the state's number after that step, or -1 where the table has none */
  next(state: number, step: number): number;
  /** For error messages. */
  nameOf(state: number): State;
}

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

function machine<State extends string, Step extends string>(
  transitions: Transitions<State, Step>,
  by: Record<Step, number>,
): Machine<State, Step> {
  const states = Object.keys(transitions) as State[];
  const steps = Object.keys(by) as Step[];
  const at = Object.fromEntries(states.map((state, number) => [state, number])) as Record<State, number>;
  const table = Int8Array.from(
    states.flatMap((state) => steps.map((step) => at[transitions[state][step] as State] ?? -1)),
  );
  return {
    at,
    by,
    next: (state, step) => table[state * steps.length + step]!,
    nameOf: (state) => states[state]!,
  };
}
