// Why a connection that the kernel has completed is not accepted, as docs/errors.md lists it. It stays in the listen queue, and
// the next attempt comes soon.

/** By code: what ran out, what was found, and where the system's errors are listed. */
export const ACCEPT_REFUSALS = {
  ACCEPT_FAILED: ["system", "No descriptor or memory is left to accept a connection with.", "accept(2)"],
} as const;

export type AcceptRefusal = keyof typeof ACCEPT_REFUSALS;
